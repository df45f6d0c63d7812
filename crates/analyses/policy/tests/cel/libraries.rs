//! The libraries: texts, lists, sets, patterns, and what Kubernetes adds.

use crate::check;

#[test]
fn texts() {
    check(&[
        ("'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo')", "true"),
        ("size('😀é')", "2"),
        ("'tacocat'.charAt(3)", "\"o\""),
        ("'abc'.charAt(3)", "\"\""),
        ("'abc'.charAt(4)", "error: index out of range: 4"),
        ("'hello mellow'.indexOf('ello')", "1"),
        ("'hello mellow'.indexOf('ello', 2)", "7"),
        ("'hello mellow'.indexOf('jello')", "-1"),
        ("'hello mellow'.indexOf('', 2)", "2"),
        ("'hello mellow'.lastIndexOf('ello')", "7"),
        ("'hello mellow'.lastIndexOf('ello', 6)", "1"),
        ("'é-é'.lastIndexOf('é')", "2"),
        ("['hello', 'mellow'].join()", "\"hellomellow\""),
        ("['hello', 'mellow'].join(' ')", "\"hello mellow\""),
        ("'TacoCÉt'.lowerAscii()", "\"tacocÉt\""),
        ("'TacoCét'.upperAscii()", "\"TACOCéT\""),
        ("'hello hello'.replace('he', 'we')", "\"wello wello\""),
        ("'hello hello'.replace('he', 'we', 1)", "\"wello hello\""),
        ("'hello hello'.replace('', '_')", "\"_h_e_l_l_o_ _h_e_l_l_o_\""),
        ("'hello hello hello'.split(' ', 2)", "[\"hello\", \"hello hello\"]"),
        ("'ab'.split('')", "[\"a\", \"b\"]"),
        ("'a b'.split(' ', 0)", "[]"),
        ("'tacocat'.substring(4)", "\"cat\""),
        ("'tacocat'.substring(0, 4)", "\"taco\""),
        ("'tacocat'.substring(2, 1)", "error: invalid substring range. start: 2, end: 1"),
        ("'  \\ttrim\\n '.trim()", "\"trim\""),
        (
            "strings.quote('single-quote with \"double quote\"')",
            "\"\\\"single-quote with \\\\\\\"double quote\\\\\\\"\\\"\"",
        ),
        ("'abc'.matches('^[a-c]+$')", "true"),
        ("'abc 123'.find('[0-9]+')", "\"123\""),
        ("'abc'.find('[0-9]+')", "\"\""),
        ("'123 abc 456'.findAll('[0-9]+')", "[\"123\", \"456\"]"),
        ("'123 abc 456'.findAll('[0-9]+', 1)", "[\"123\"]"),
        ("'abc'.matches(object.metadata.name + '(')", "error: error parsing regexp: `web-1(`"),
    ]);
}

#[test]
fn formats_of_texts() {
    check(&[
        ("'%s is %d'.format(['a', 5])", "\"a is 5\""),
        ("'%s'.format([[1, 'a', 2.5, null, true]])", "\"[1, \\\"a\\\", 2.500000, null, true]\""),
        ("'%s'.format([{'b': 1, 'a': [2u]}])", "\"{\\\"a\\\":[2], \\\"b\\\":1}\""),
        ("'%.2f'.format([1234.567])", "\"1,234.57\""),
        ("'%x %X %x'.format([255, 255, 'hi'])", "\"ff FF 6869\""),
        ("'%b %o'.format([5, 8])", "\"101 10\""),
        ("'100%%'.format([])", "\"100%\""),
        (
            "'%d'.format([object.metadata.name])",
            "error: error during formatting: decimal clause can only be used on integers, was given string",
        ),
        ("'%s %s'.format(object.spec.ports)", "error: index 1 out of range"),
    ]);
}

#[test]
fn lists_and_sets() {
    check(&[
        ("[1, 2, 3].isSorted() && !['b', 'a'].isSorted()", "true"),
        ("[1, 3].sum()", "4"),
        ("[duration('1m'), duration('1s')].sum() == duration('61s')", "true"),
        (
            "['b', 'a', 'c'].min() + [1.5, 2.5].max().size()",
            "1:46: found no matching overload for 'size' applied to 'double.()'",
        ),
        ("['b', 'a', 'c'].min()", "\"a\""),
        ("[].max()", "error: max called on empty list"),
        ("['a', 'b', 'b'].indexOf('b') * 10 + ['a', 'b', 'b'].lastIndexOf('b')", "12"),
        ("[1].indexOf(5)", "-1"),
        ("[1, 2, 3, 4].slice(1, 3)", "[2, 3]"),
        ("[1].slice(0, 2)", "error: cannot slice(0, 2), list is length 1"),
        ("[1, [2, [3]]].size()", "1:5: expected type 'int' but found 'list(dyn)'"),
        ("[[1, 2], [3]].flatten()", "[1, 2, 3]"),
        ("[3, 1, 2].sort() == [1, 2, 3] && [1, 2].reverse() == [2, 1]", "true"),
        ("[1, 2, 1].distinct()", "[1, 2]"),
        ("lists.range(3)", "[0, 1, 2]"),
        ("[1, 2].includes(2)", "true"),
        ("sets.contains([1, 2, 3], [3, 1]) && !sets.contains([1], [2])", "true"),
        ("sets.equivalent([1, 1, 2], [2, 1])", "true"),
        ("sets.intersects([1, 2], [2, 3]) && !sets.intersects([], [1])", "true"),
    ]);
}

#[test]
fn quantities_are_exact() {
    check(&[
        ("isQuantity('1.3G') && !isQuantity('1,3G') && !isQuantity('10000k1')", "true"),
        ("quantity('1Ki') == quantity('1024')", "true"),
        ("quantity('0.1').add(quantity('0.2')).compareTo(quantity('0.3'))", "0"),
        ("quantity('500000G').isInteger() && quantity('50k').asInteger() == 50000", "true"),
        ("quantity('50m').asInteger()", "error: cannot convert value to integer"),
        ("quantity('1.5Gi').isInteger()", "false"),
        ("quantity('50.703k').asApproximateFloat()", "50703d"),
        ("quantity('200M').isGreaterThan(quantity('0.2G'))", "false"),
        ("quantity('50M').isLessThan(quantity('51M'))", "true"),
        ("quantity('50k').add(20).asInteger() * 10 + sign(quantity('-1'))", "500199"),
        ("quantity('50k').sub(quantity('1')).asInteger()", "49999"),
        ("quantity('9Ei').compareTo(quantity('9223372036854775807'))", "0"),
        ("quantity('0.00000000001').compareTo(quantity('1n'))", "0"),
        ("quantity('1e100').isGreaterThan(quantity('9E'))", "true"),
        (
            "quantity('1x')",
            "error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        ("quantity(object.spec.replicas)", "error: no such overload: quantity(int)"),
    ]);
}

#[test]
fn addresses_and_ranges() {
    check(&[
        ("isIP('192.168.0.1') && isIP('2001:db8::abcd') && !isIP('1.2.3') && !isIP('01.2.3.4')", "true"),
        ("ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD')", "true"),
        ("ip('127.0.0.1').family() + ip('::1').family()", "10"),
        (
            "ip('127.0.0.1').isLoopback() && ip('0.0.0.0').isUnspecified() && ip('224.0.0.1').isLinkLocalMulticast()",
            "true",
        ),
        ("ip('169.254.169.254').isLinkLocalUnicast() && ip('192.168.0.1').isGlobalUnicast()", "true"),
        ("ip('255.255.255.255').isGlobalUnicast()", "false"),
        ("string(ip('2001:0db8::0001'))", "\"2001:db8::1\""),
        ("ip('::ffff:1.2.3.4')", "error: IPv4-mapped IPv6 address \"::ffff:1.2.3.4\" is not allowed"),
        ("isCIDR('10.0.0.0/8') && isCIDR('::/0') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0')", "true"),
        (
            "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && !cidr('192.168.0.0/24').containsIP('192.168.1.1')",
            "true",
        ),
        (
            "cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24') && !cidr('10.0.0.0/24').containsCIDR(cidr('10.0.0.0/8'))",
            "true",
        ),
        (
            "string(cidr('192.168.0.1/24').masked()) + string(cidr('192.168.0.1/24').ip())",
            "\"192.168.0.0/24192.168.0.1\"",
        ),
        ("cidr('::1/128').prefixLength()", "128"),
    ]);
}

#[test]
fn urls_versions_and_formats() {
    check(&[
        ("isURL('https://user:pass@example.com:80/path?query=val') && !isURL('../relative') && isURL('/abs')", "true"),
        ("url('https://[::1]:80/').getHost()", "\"[::1]:80\""),
        ("url('https://[::1]:80/').getHostname() + url('https://h:80').getPort()", "\"::180\""),
        ("url('https://example.com/path with spaces/').getEscapedPath()", "\"/path%20with%20spaces/\""),
        ("url('https://example.com/path?k1=a&k2=b&k2=c').getQuery()", "{\"k1\": [\"a\"], \"k2\": [\"b\", \"c\"]}"),
        ("url('HTTPS://h').getScheme()", "\"https\""),
        ("isSemver('1.0.0') && !isSemver('v1.0') && isSemver('v1.0', true)", "true"),
        ("semver('1.2.3').major() * 100 + semver('1.2.3').minor() * 10 + semver('1.2.3').patch()", "123"),
        (
            "semver('1.0.0-alpha').isLessThan(semver('1.0.0')) && semver('1.0.0-2').isLessThan(semver('1.0.0-10'))",
            "true",
        ),
        ("semver('1.0.0+a') == semver('1.0.0+b')", "true"),
        ("format.dns1123Label().validate('contoso')", "none"),
        ("format.dns1123Label().validate('Contoso').hasValue()", "true"),
        ("format.dns1123Label().validate('a.b')", "optional([\"must not contain dots\"])"),
        ("!format.named('qualifiedName').value().validate('example.com/Name').hasValue()", "true"),
        ("format.named('nothing')", "none"),
        ("format.uuid().validate('123e4567-e89b-12d3-a456-426614174000')", "none"),
        ("format.date().validate('2021-02-30')", "optional([\"invalid date\"])"),
        ("format.datetime().validate('2021-01-01T00:00:00Z')", "none"),
        ("format.byte().validate('aGVsbG8=')", "none"),
    ]);
}
