package terraform

import "github.com/trailseal/trailseal/internal/resource"

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/kms_key

func (w *writer) key(k *resource.Key) {
	if k.Foreign {
		w.leave("%s is AWS's own and cannot be changed.", k.ID())
		return
	}
	label, at := w.labels[k.ID()], place{k.Account, k.Region}
	b := w.resource("key.tf", "aws_kms_key", label, at)
	b.text("description", k.Description)
	b.set("enable_key_rotation", boolean(k.Rotation))
	if w.exists(k.ID()) {
		b.set("is_enabled", boolean(k.Enabled))
	}
	if !k.Policy.IsZero() {
		b.body.AppendNewline()
		b.set("policy", w.document(keys, k.ID().String(), k.Policy))
	}
	b.keep(true, w.ignored(k.ID())...)
	arn := w.keyARN(k)
	exists := w.exists(k.ID()) && arn != ""
	if exists {
		w.bring(b.address, after(arn, "key/"))
	}
	if k.Alias == "" {
		return
	}
	a := w.resource("key.tf", "aws_kms_alias", label, at)
	a.text("name", k.Alias)
	a.set("target_key_id", expr("aws_kms_key."+label+".key_id"))
	if was, ok := now[*resource.Key](w, k.ID()); exists && (!ok || was.Alias != "") {
		w.bring(a.address, k.Alias)
	}
}
