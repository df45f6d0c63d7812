//! How long a server is waited for while it answers, and how that is said.

use std::io::{self, Read};
use std::time::{Duration, Instant};

/// Bytes a second that an answer has to bring after its first time is over. Eight lists at a time come over a line of
/// 256 kbit/s.
const SLOWEST: u64 = 4 << 10;

/// In so many times its first time an answer has to be whole, however steadily it comes.
const MOST: u32 = 10;

/// Why an answer was not read to its end.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is larger than is taken.
    TooLarge,
    /// It brought so much in this time, and was not whole.
    Slow { bytes: usize, after: Duration },
    /// The connection broke, or brought nothing for too long.
    Broken(io::Error),
}

/// The longest that an answer may take.
pub(crate) fn longest(timeout: Duration) -> Duration {
    timeout * MOST
}

/// All of an answer. Whoever sends a byte now and then is not waited for longer than who sends none.
pub(crate) fn read_whole(mut body: impl Read, largest: u64, timeout: Duration) -> Result<Vec<u8>, Unread> {
    let start = Instant::now();
    let (mut all, mut part) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let (bytes, after) = (all.len(), start.elapsed());
        let allowed = timeout + Duration::from_millis(bytes as u64 * 1000 / SLOWEST);
        if after > allowed.min(longest(timeout)) {
            return Err(Unread::Slow { bytes, after });
        }
        match body.read(&mut part) {
            Ok(0) => return Ok(all),
            Ok(read) => all.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Unread::Broken(error)),
        }
        if all.len() as u64 > largest {
            return Err(Unread::TooLarge);
        }
    }
}

/// A time as people say it.
pub(crate) fn spoken(time: Duration) -> String {
    match time.as_secs() {
        0..=1 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 2..=299 => format!("{seconds} s"),
        seconds @ 300..=17_999 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brings as much at a time, each after a while.
    struct Slowly(usize, Duration, usize);

    impl Read for Slowly {
        fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
            std::thread::sleep(self.1);
            let read = self.0.min(part.len()).min(self.2);
            self.2 -= read;
            Ok(read)
        }
    }

    #[test]
    fn an_answer_that_comes_steadily_may_take_longer_than_one_that_trickles() {
        let (step, timeout) = (Duration::from_millis(10), Duration::from_millis(50));
        let read = |bytes| read_whole(Slowly(bytes, step, bytes * 10), 1 << 20, timeout);
        assert_eq!(read(1000).unwrap().len(), 10_000);
        let Err(Unread::Slow { bytes, .. }) = read(1) else { panic!("a trickle is read") };
        assert!(bytes < 10);
    }

    #[test]
    fn no_answer_takes_for_ever() {
        let (step, timeout) = (Duration::from_millis(10), Duration::from_millis(10));
        let endless = read_whole(Slowly(64 << 10, step, usize::MAX), u64::MAX, timeout);
        assert!(matches!(endless, Err(Unread::Slow { .. })));
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        for (seconds, text) in [(0, "0.0 s"), (15, "15 s"), (600, "10 min"), (86_400, "24 h"), (86_401, "25 h")] {
            assert_eq!(spoken(Duration::from_secs(seconds)), text);
        }
    }
}
