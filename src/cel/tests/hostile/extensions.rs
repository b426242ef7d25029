//! Hostile expressions with what Kubernetes has beyond the core of CEL, and with the optional syntax.

use super::cases::{Expected, shared};

pub fn cases() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Refused, Unknown};
    let many = |body: &str| (format!("$.numbers.all(i, {body})"), Unknown);
    vec![
        many("$.body.replace('x', 'yyyyyyyy') != ''"),
        many("$.body.replace('', 'y') != ''"),
        many("$.body.replace('y', '') != ''"),
        many("$.mixed.replace('a', '', 1) != ''"),
        ("$.body.replace('', $.body) == ''".into(), Unknown),
        ("$.body.replace('x', $.body, 3) == ''".into(), Cheap),
        ("$.body.replace('x', $.body, 9) == ''".into(), Unknown),
        many("lists.range(1000).size() == 1000"),
        ("lists.range(1000000000000).size() == 1".into(), Unknown),
        ("lists.range(-1).size() == 0".into(), Cheap),
        ("lists.range(100000).all(j, j >= 0)".into(), Cheap),
        ("lists.range(100000).all(j, lists.range(100000).all(k, k >= 0))".into(), Unknown),
        ("$.numbers.map(j, $.numbers).flatten().size() == 1000000".into(), Unknown),
        (format!("{}.flatten(60).size() > 0", shared(28)), Unknown),
        many("$.numbers.all(j, $.deep.flatten(200).size() == 1)"),
        many("$.names.sortBy(n, n).size() == 1000"),
        many("$.sentences.sortBy(n, n).size() == 1000"),
        ("$.numbers.all(i, $.numbers.all(j, $.numbers.sortBy(m, -m).size() == 1))".into(), Refused),
        many("$.numbers.transformList(j, v, j + v).size() == 1000"),
        many("$.keys.transformMap(k, v, v).size() == 1000"),
        many("$.numbers.transformMapEntry(j, v, {v: j}).size() == 1000"),
        many("$.keys.all(k, v, v >= 0)"),
        ("$.numbers.map(i, $.numbers.transformMap(j, v, v)).size() > 0".into(), Unknown),
        many("probes.api.?body.orValue('') == probes.?api.body.orValue('x')"),
        many("$.numbers.map(j, probes.api[?'body'].optMap(b, b.size())).size() == 1000"),
        many("cel.bind(b, $.body, b + b) != ''"),
        (format!("{}1 == 1{}", "cel.bind(a, 1, ".repeat(60), ")".repeat(60)), Cheap),
        (format!("{}1 == 1{}", "cel.bind(a, 1, ".repeat(70), ")".repeat(70)), Refused),
        many("base64.encode(bytes($.body)) != ''"),
        many("base64.decode($.body) != b''"),
        ("base64.encode(bytes($.body) + bytes($.body)) == ''".into(), Unknown),
        many("$.numbers.all(j, type($.numbers) == list && dyn($.body).size() > 0)"),
        many("$.numbers.all(j, daysUntil('2027-11-22 11:00:00') > 0)"),
        many("'%s'.format([$.keys]) != ''"),
        many("url('https://a.example/?' + $.digits.substring(0, 8000)).getQuery().size() > 0"),
        many("$.numbers.all(j, url('https://a.example/?' + '&a=%41'.replace('a', 'b')) != url('https://a.example/'))"),
        (format!("semver('1.2.3-{0}a') == semver('1.2.3-{0}b')", "a.".repeat(900)), Cheap),
        (format!("sign(quantity('{}').add(quantity('1e-9'))) == 1 || true", "9".repeat(30)), Cheap),
        ("quantity('1e2147483647').isGreaterThan(quantity('1e-2147483648'))".into(), Cheap),
        ("sign(quantity('1e2147483647').add(quantity('1'))) == 1 || true".into(), Cheap),
        ("quantity('1e2147483647').asApproximateFloat() > 1.0".into(), Cheap),
        (format!("$.keys{} == 1 || true", "['a']".repeat(50)), Cheap),
        (format!("{{'a': 1}}{} == 1 || true", "['a']".repeat(50)), Refused),
        ("isQuantity('1e9999999999999')".into(), Cheap),
    ]
}
