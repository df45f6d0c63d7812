{{/* The name of an image: the root, and what values say of it. */}}
{{- define "shop.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{ $root.Values.registry }}/{{ $image.name }}:{{ $image.tag }}
{{- end -}}
