use super::*;

const GOOD: &str = "ok: true\nerror: \"\"\nstatus: 200\nlatencyMs: 5\njson: {\n  \"data\": [\n    {\n      \"cpu\": 0.03,\n      \"id\": \"qemu/112\",\n      \"name\": \"wizard\",\n      \"status\": \"running\",\n      \"vmid\": 112\n    },\n    {\n      \"cpu\": 0.5,\n      \"id\": \"qemu/122\",\n      \"name\": \"odoo\",\n      \"vmid\": 122\n    }\n  ]\n}";
const VM: Focus<'_> = Focus {
    expression: "probes.vms.json.data.exists(v, string(v.vmid) == item && v.status == \"running\")",
    key: "112",
    show: "",
};

fn lines(fields: &[Compared]) -> Vec<String> {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    fields.iter().map(|field| format!("{}: {} > {}", field.path, value(&field.good), value(&field.now))).collect()
}

#[test]
fn what_changed_in_the_item_comes_first_and_what_is_equal_is_apart() {
    let now = "ok: true\nerror: \"\"\nstatus: 200\nlatencyMs: 9\njson: {\n  \"data\": [\n    {\n      \"cpu\": 0.9,\n      \"id\": \"qemu/122\",\n      \"name\": \"odoo\",\n      \"vmid\": 122\n    },\n    {\n      \"cpu\": 0,\n      \"id\": \"qemu/112\",\n      \"name\": \"wizard\",\n      \"status\": \"stopped\",\n      \"vmid\": 112\n    }\n  ]\n}";
    let found = difference(Some(GOOD), Some(now), VM);
    assert_eq!(lines(&found.changed), ["wizard status: running > stopped", "wizard cpu: 0.03 > 0"]);
    assert_eq!(lines(&found.also_changed), ["latencyMs: 5 > 9", "odoo cpu: 0.5 > 0.9"]);
    assert!(lines(&found.equal).contains(&"status: 200 > 200".to_string()), "{:?}", found.equal);
}

#[test]
fn what_was_left_out_is_not_taken_for_a_difference() {
    let good = "ok: true\nstatus: 200\njson: {\n  \"data\": [\n    {\n      \"cpu\": 0.0312,\n      \"disk\": 0,\n… 2483 bytes omitidos …\n      \"type\": \"qemu\",\n      \"vmid\": 9000\n    },\n    {\n      \"id\": \"qemu/7\",\n      \"mem\": 1\n    }\n  ]\n}";
    let now = "ok: true\nstatus: 200\njson: {\n  \"data\": [\n    {\n      \"cpu\": 0,\n      \"disk\": 0,\n      \"id\": \"qemu/112\",\n      \"maxcpu\": 4,\n… 2169 bytes omitidos …\n      \"mem\": 2,\n      \"vmid\": 9000\n    },\n    {\n      \"id\": \"qemu/7\",\n      \"mem\": 2\n    }\n  ]\n}";
    let show = "{\"id\": \"qemu/112\", \"vmid\": 112, \"status\": \"stopped\", \"nested\": {\"a\": 1}}";
    let found = difference(Some(good), Some(now), Focus { show, ..VM });
    assert_eq!(lines(&found.changed), ["qemu/112 status: - > stopped"]);
    let also = lines(&found.also_changed);
    assert!(
        also.contains(&"qemu/112 cpu: 0.0312 > 0".to_string())
            || also.iter().any(|line| line.starts_with("qemu/7 mem: 1 > 2")),
        "{also:?}"
    );
}

#[test]
fn a_target_that_was_not_read_differs_in_its_error() {
    let good = "ok: true\nerror: \"\"\nstatus: 200\nlatencyMs: 2\njson: {\n  \"status\": \"ok\"\n}";
    let now = "ok: false\nerror: refused\ndetail: http://127.0.0.1:1/health: Connection refused\nlatencyMs: 0";
    let found = difference(Some(good), Some(now), Focus::default());
    assert_eq!(
        lines(&found.changed),
        ["detail: - > http://127.0.0.1:1/health: Connection refused", "ok: true > false", "error:  > refused"]
    );
    assert_eq!(lines(&found.also_changed), ["latencyMs: 2 > 0", "status: 200 > -", "status: ok > -"]);
}

#[test]
fn without_a_good_reading_there_is_nothing_to_compare() {
    let found = difference(
        None,
        Some("ok: true\nstatus: 500"),
        Focus { expression: "probes.a.status == 200", ..Focus::default() },
    );
    assert_eq!((lines(&found.changed), found.equal), (vec!["status: - > 500".to_string()], vec![]));
    assert_eq!(difference(None, None, Focus::default()), Difference::default());
}

#[test]
fn hostile_excerpts_have_fields_or_none() {
    let deep = format!("json: {{\n{}", "\"a\": {\n".repeat(5000));
    for text in [
        "",
        ":",
        "\u{0}",
        "json: {\n\"",
        "json: [\n]\n]\n}",
        "json: {\n\"a\\\": 1",
        "…",
        "… 9 …\n}\n}\n\"x\": 1",
        &deep,
    ] {
        let found = difference(Some(text), Some("ok: true"), VM);
        assert!(found.changed.len() <= OPEN_MAX, "{text}");
    }
}
