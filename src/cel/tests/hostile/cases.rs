//! Expressions and readings that are made to cost as much as possible.

use serde_json::{Value as Json, json};

/// What must come of a hostile expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is not valid.
    Refused,
    /// Its evaluation ends because it costs too much.
    Unknown,
    /// It costs little.
    Cheap,
}

/// The reading that they are evaluated over.
pub fn fields() -> Json {
    let vms: Vec<Json> = (0..1_000).map(|i| json!({"id": i, "name": format!("vm-{i}")})).collect();
    let key = "k".repeat(1_000);
    let keys: serde_json::Map<String, Json> = (0..1_000).map(|i| (format!("{key}{i}"), json!(i))).collect();
    let mixed = mixed(1 << 20);
    let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
    let sentences: Vec<String> = (0..1_000).map(|i| format!("{}{i}", "word ".repeat(200))).collect();
    json!({
        "body": "x".repeat(1 << 20), "mixed": mixed, "accents": "é".repeat(1 << 19), "digits": "1".repeat(1 << 20),
        "zeros": "0".repeat(1 << 20), "spaces": " ".repeat(1 << 20), "percent": "%s".repeat(1 << 19),
        "vms": vms, "keys": keys, "deep": deep, "sentences": sentences, "floats": vec![1e308; 1_000],
        "numbers": (0..1_000).collect::<Vec<_>>(), "pattern": "a|".repeat(150_000), "unicode": r"\pL".repeat(100_000),
        "nested": format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000)), "names": (0..1_000).map(|i| format!("vm-{i}")).collect::<Vec<_>>(),
    })
}

/// So many letters that no pattern describes, so that an automaton has to tell many cases apart.
pub fn mixed(length: usize) -> String {
    let mut state = 1_u64;
    let letters = (0..length).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 62 {
            0 => 'a',
            1 => 'b',
            2 => 'c',
            _ => ' ',
        }
    });
    letters.collect()
}

/// `start` wrapped in `levels` of `.map(a, body)`, each over one value.
fn repeated(start: &str, body: &str, levels: usize) -> String {
    format!("[{start}]{}[0]", format!(".map(a, {body})").repeat(levels))
}

/// A list of lists of lists, all shared: 2^levels numbers.
pub(super) fn shared(levels: usize) -> String {
    repeated("[1]", "[a, a]", levels)
}

/// Hostile expressions by class, with what must come of each.
pub fn cases() -> Vec<(String, Expected)> {
    let mut all = Vec::new();
    for group in [syntax(), sharing(), texts(), patterns(), lists(), maps(), libraries(), super::extensions::cases()] {
        all.extend(group);
    }
    all.into_iter().map(|(source, expected)| (source.replace("$.", "probes.api."), expected)).collect()
}

fn syntax() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Refused};
    let nested =
        |open: &str, close: &str, levels: usize| format!("{}true{}", open.repeat(levels), close.repeat(levels));
    vec![
        (nested("!!(", ")", 29), Cheap),
        (nested("!!(", ")", 60), Refused),
        (nested("!(", ")", 62), Cheap),
        (format!("{}1{} == 1", "--(".repeat(28), ")".repeat(28)), Cheap),
        (nested("(", ")", 2_000), Refused),
        (nested("(", "", 4_000), Refused),
        (nested("[", "]", 2_000), Refused),
        (nested("{1:", "}", 1_000), Refused),
        (nested("[1].all(x,", ")", 300), Refused),
        (nested("true?true:", "", 400), Refused),
        (nested("true?(", "):true", 400), Refused),
        (format!("{}true", "!".repeat(4_000)), Cheap),
        (format!("{}1 == 1", "-".repeat(4_000)), Cheap),
        (format!("true{}", " || true".repeat(510)), Cheap),
        (format!("true{}", "&&true".repeat(680)), Cheap),
        (format!("1{} == 1", "+1".repeat(2_000)), Refused),
        (format!("1{}", "==1".repeat(1_300)), Refused),
        (format!("now{}", ".a".repeat(2_000)), Refused),
        (format!("now{}", "[0]".repeat(1_300)), Refused),
        (format!("[{}] == []", "1,".repeat(2_000)), Refused),
        (format!("{{{}}} == {{}}", "1:1,".repeat(1_000)), Refused),
        (format!("size({}) == 1", "1,".repeat(1_900) + "1"), Refused),
        (format!("'{}' == ''", r"\n".repeat(2_040)), Cheap),
        (format!("'{}' == ''", r"\U0001F62C".repeat(400)), Cheap),
        (format!("'{}", r"\'".repeat(2_040)), Refused),
        (format!("true{}", "//x\n".repeat(1_000)), Cheap),
        (format!("true//{}", "x".repeat(4_000)), Cheap),
        (format!("{} == ''", "'''".repeat(1_300)), Refused),
        (format!("{} == 1.0", "9".repeat(4_000)), Refused),
        (format!("1.{} < 2.0", "9".repeat(4_000)), Cheap),
        (format!("0.{}1e300 < 2.0", "0".repeat(4_000)), Cheap),
        (format!("{}1 == 1", "\u{c}".repeat(4_000)), Cheap),
        ("é".repeat(2_000), Refused),
    ]
}

fn sharing() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Refused, Unknown};
    let (value, other) = (shared(28), shared(28));
    vec![
        (format!("{value} == {other}"), Unknown),
        (format!("{value} != {other}"), Unknown),
        (format!("{value} in [{other}]"), Unknown),
        (format!("[{value}].contains({other})"), Unknown),
        (format!("[{value}].indexOf({other}) == 0"), Unknown),
        (format!("[{value}, {other}].distinct().size() == 1"), Unknown),
        (format!("sets.contains([{value}], [{other}])"), Unknown),
        (format!("sets.equivalent([{value}], [{other}])"), Unknown),
        (format!("sets.intersects([{value}], [{other}])"), Unknown),
        (format!("optional.of({value}) == optional.of({other})"), Unknown),
        (format!("{{'a': {value}}} == {{'a': {other}}}"), Unknown),
        (format!("'%s'.format([{value}]) == ''"), Unknown),
        (format!("'%s'.format({value}) == ''"), Unknown),
        (format!("'%d'.format([{value}]) == ''"), Cheap),
        (format!("'%s'.format([optional.of({value})]) == ''"), Cheap),
        (format!("'%s'.format([{}]) == ''", repeated("[{1: 1}]", "[a, a]", 28)), Unknown),
        (format!("string({value}) == ''"), Refused),
        (format!("math.greatest({value}) == 1"), Cheap),
        (format!("url({value}).getHost() == ''"), Refused),
        (format!("[{value}].sort().size() == 1"), Cheap),
        (format!("[{value}, {other}].sort().size() == 1"), Cheap),
        (format!("{value}.size() == 2 && [{value}].reverse().size() == 1"), Cheap),
        (format!("{value} < {other}"), Refused),
        (repeated("[1]", "{'a': a, 'b': a}", 28) + " == 1", Cheap),
        (format!("{0} == {0}", repeated("[1]", "{'a': a, 'b': a}", 24)), Unknown),
        (format!("{} == 1", repeated("[1]", "a + a", 40)), Unknown),
        (format!("{} == ''", repeated("'a'", "a + a", 40)), Unknown),
        (format!("{} == b''", repeated("b'a'", "a + a", 40)), Unknown),
        (format!("{} == 1", repeated("1", "a + a", 50)), Cheap),
        (format!("{}.size() == 1", shared(63)), Refused),
        ("$.deep == $.deep && [$.deep] == [$.deep]".into(), Cheap),
        ("'%s'.format([$.deep]) != ''".into(), Cheap),
        (format!("{} == 1", repeated("$.deep", "[a]", 50)), Cheap),
        ("$.numbers.all(i, $.deep == $.deep)".into(), Cheap),
        ("$.numbers.all(i, $.vms == $.vms)".into(), Unknown),
        ("$.numbers.map(i, $.vms) == $.numbers.map(i, $.vms)".into(), Unknown),
        ("$.numbers.all(i, $.numbers.map(j, $.body) == $.numbers.map(j, $.body))".into(), Unknown),
    ]
}

fn texts() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Refused, Unknown};
    let many = |body: &str| (format!("$.numbers.all(i, {body})"), Unknown);
    vec![
        many("$.body == $.body + 'x' || true"),
        many("$.body < $.body || true"),
        many("$.body.size() > 0"),
        many("!$.body.contains('y')"),
        many("!$.body.contains('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy')"),
        many("!'y'.contains($.body)"),
        many("$.body.startsWith($.body)"),
        many("$.body.endsWith($.body)"),
        many("$.body.indexOf('y') < 0"),
        many("$.body.indexOf('x', 1048575) > 0"),
        many("$.body.lastIndexOf('y') < 0"),
        many("$.accents.lastIndexOf('x') < 0"),
        many("$.accents.charAt(500000) != ''"),
        many("$.accents.substring(500000) != ''"),
        many("$.body.lowerAscii() != ''"),
        many("$.body.reverse() != ''"),
        many("$.spaces.trim() == ''"),
        many("$.accents.trim() != ''"),
        many("$.body.split('y').size() == 1"),
        many("$.body.split('').size() == 1 || true"),
        many("$.body.split('', 900).size() == 900"),
        many("int($.zeros) == 0"),
        many("uint($.zeros) == 0u"),
        many("double($.digits) > 0.0"),
        many("double($.zeros) == 0.0"),
        many("string(bytes($.body)) != ''"),
        many("bytes($.body) == bytes($.body)"),
        many("time($.digits) == now || true"),
        many("timestamp($.digits) == now || true"),
        many("duration($.digits) == duration('1s') || true"),
        ("$.numbers.all(i, now.getHours($.body) == 1 || true)".into(), Cheap),
        many(
            "now.getHours('Nowhere/' + string(i)) == 1 || now.getHours('Nowhere/' + string(i)) == 2 || now.getHours('America/Sao_Paulo') == 9 && now.getHours('Europe/Lisbon') == 1 || true",
        ),
        many("$.sentences.join(', ') == '' || true"),
        many("$.numbers.map(j, '').join('') == ''"),
        many("$.numbers.all(j, string(i) + string(j) != '')"),
        many("$.numbers.all(j, string(1e308 / double(j + 1)) != '')"),
        many("$.numbers.all(j, string(now) != '')"),
        many("$.numbers.all(j, now.getDayOfYear() > 0)"),
        many("$.numbers.all(j, time('2026-11-22 11:00:00') < now)"),
        many("$.numbers.all(j, duration('1h2m3s') > duration('1s'))"),
        many("$.numbers.all(j, now - duration('1h') < now)"),
        ("$.body.map(i, true).size() > 0".into(), Refused),
        ("$.numbers.map(i, $.body + string(i)).size() > 0".into(), Unknown),
        ("($.body + $.body + $.body + $.body + $.body).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.body.split('', 900)).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.body.charAt(i)).size() > 0".into(), Unknown),
        ("$.numbers.map(i, string(i)).size() > 0".into(), Cheap),
        ("$.numbers.map(i, $.numbers.map(j, string(j))).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.numbers.map(j, bytes('a'))).size() > 0".into(), Unknown),
    ]
}

fn patterns() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Refused, Unknown};
    let doubled = |start: &str, levels: usize| format!("'x'.matches({})", repeated(start, "a + a", levels));
    let many = |body: &str| (format!("$.numbers.all(i, {body})"), Unknown);
    vec![
        (doubled(r"r'\pL\PL'", 18), Unknown),
        (doubled("r'(a?)'", 18), Unknown),
        (doubled("'(('", 18), Unknown),
        (doubled(r"r'\pL'", 5), Unknown),
        ("'x'.matches($.pattern)".into(), Unknown),
        ("'x'.matches($.unicode)".into(), Unknown),
        ("'x'.matches($.nested)".into(), Unknown),
        ("'x'.matches($.body)".into(), Unknown),
        ("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].all(i, $.body.findAll('x.*?y|x', 1000).size() > 0)".into(), Unknown),
        ("$.body.findAll('x').size() > 0".into(), Cheap),
        ("$.body.find('x*') != ''".into(), Unknown),
        many("$.body.find('x*') != ''"),
        many("$.body.findAll('x+|').size() > 0"),
        many("$.mixed.findAll('a*|b*|c*', 900).size() > 0"),
        many("$.mixed.find('(?:a|b|c| )*').size() > 0"),
        (format!("'x'.matches(r'{}')", r"\pL".repeat(1_300)), Refused),
        (format!("'x'.matches(r'(?i){}')", r"[à-ÿ]".repeat(550)), Refused),
        (format!("'x'.matches(r'(?i){}')", r"\pL".repeat(20)), Refused),
        (format!("'x'.matches(r'{}')", r"\pL".repeat(80)), Refused),
        (format!("'x'.matches(r'(?i){}')", r"[\x00-\x{10FFFF}]".repeat(150)), Cheap),
        (format!("'x'.matches(r'(?i){}')", r"[^a]".repeat(170)), Cheap),
        (format!("$.accents.matches(r'{}z')", r"[^a]".repeat(900)), Refused),
        (format!("'x'.matches('{}')", "(a|".repeat(60)), Refused),
        (format!("'x'.matches('{}{}')", "(a".repeat(1_000), ")".repeat(1_000)), Refused),
        ("'x'.matches('((((a{9}){9}){9}){9}){9}')".into(), Refused),
        ("'x'.matches('(((((((((a*)*)*)*)*)*)*)*)*)*b')".into(), Cheap),
        ("'x'.matches('a{1000}{1000}')".into(), Refused),
        ("'x'.matches(r'(\\pL{30}){30}')".into(), Refused),
        ("$.mixed.matches('(?:[a-c ]{50,60}q?){1,9}Z')".into(), Unknown),
        ("$.mixed.matches('([a-c]{1,60} ?){6}!')".into(), Unknown),
        ("$.mixed.matches('(?:a.{0,20}){5}Z')".into(), Unknown),
        ("$.mixed.matches('(a|b|c| )*a(a|b|c| ){14}Z')".into(), Unknown),
        ("$.mixed.find('[ab].{0,40}[bc].{0,40}Z') == ''".into(), Unknown),
        ("$.mixed.findAll('a.*').size() == 1".into(), Cheap),
        ("$.mixed.findAll('[abc]+').size() == 1".into(), Cheap),
        ("$.accents.findAll('é', 900).size() == 900".into(), Cheap),
        ("$.accents.matches(r'\\pL{1,200}Z')".into(), Refused),
        many("'vm-999'.matches('[a-z]*' + string(i) + '|vm')"),
        ("$.numbers.all(i, $.body.matches('^x'))".into(), Cheap),
        many("!$.body.matches('y')"),
        many("$.sentences.all(s, !s.matches('(?i)error|exception|fatal'))"),
        many("$.names.all(n, n.matches('^vm-[0-9]+$'))"),
        many("$.sentences.all(s, s.findAll('[a-z]+').size() > 0)"),
        many(r"$.names.all(n, n.matches(r'^(?:[\pL-]+\d)?') || n.find('[a-z]') == 'v')"),
        (r"$.numbers.all(i, 'aé'.matches(r'\pL{' + string(i % 40 + 1) + '}') || true)".into(), Unknown),
    ]
}

fn lists() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Unknown};
    let many = |body: &str| (format!("$.numbers.all(i, {body})"), Unknown);
    vec![
        many("$.numbers.all(j, true)"),
        many("$.numbers.exists(j, false) || true"),
        many("$.numbers.all(j, j.x == 1 || true)"),
        many("$.numbers.all(j, {}.x || true)"),
        many("$.numbers.all(j, [] == [])"),
        many("$.numbers.all(j, {} == {})"),
        many("$.numbers.all(j, i + j >= 0 && i * j >= 0 && i - j < 1000 || i % (j + 1) == 0)"),
        many("$.numbers.all(j, $.vms[i].name != $.vms[j].id)"),
        many("$.numbers.exists_one(j, i == j)"),
        many("$.numbers.filter(j, i == j).size() == 1"),
        many("$.numbers.map(j, j).size() == 1000"),
        many("$.numbers.map(j, [j]).size() == 1000"),
        many("$.numbers.map(j, [[[]]]).size() == 1000"),
        many("$.numbers.map(j, optional.of(j)).size() == 1000"),
        many("$.numbers.map(j, {'a': j, 'b': {}}).size() == 1000"),
        many("$.numbers.sort() == $.numbers"),
        many("$.sentences.sort().size() == 1000"),
        many("$.numbers.isSorted()"),
        many("$.sentences.max() != ''"),
        many("$.numbers.distinct().size() == 1000"),
        many("$.numbers.reverse().size() == 1000"),
        many("$.numbers.slice(0, 999).size() == 999"),
        many("$.numbers.sum() > 0"),
        many("$.numbers.max() > 0 && $.numbers.min() == 0"),
        many("$.numbers.indexOf(-1) == -1"),
        many("!(-1 in $.numbers)"),
        many("sets.contains($.numbers, $.numbers)"),
        many("sets.equivalent($.numbers, $.numbers)"),
        many("!sets.intersects($.numbers, [])"),
        many("!sets.intersects($.numbers, [-1])"),
        many("$.numbers.all(j, $.numbers.first().hasValue())"),
        many("$.numbers.all(j, optional.of(1).or(optional.none()).value() == 1)"),
        many("($.numbers + $.numbers).size() == 2000"),
        many("$.numbers.map(j, j > 0, j).size() == 999"),
        ("$.numbers.map(i, $.numbers.map(j, [])).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.numbers.map(j, {})).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.numbers.map(j, optional.none())).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.numbers.map(j, now)).size() > 0".into(), Unknown),
        ("$.numbers.map(i, $.numbers + $.numbers).size() > 0".into(), Unknown),
        ("($.floats + $.names + $.vms).sort().size() == 1".into(), Cheap),
        ("$.floats.map(f, 0.0 / 0.0 * f).sort().size() == 1000".into(), Cheap),
    ]
}

fn maps() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Unknown};
    let many = |body: &str| (format!("$.numbers.all(i, {body})"), Unknown);
    let wide: String = (0..480).map(|i| format!("{i}:1,")).collect();
    let narrow: String = (0..240).map(|i| format!("{i}:1,")).collect();
    vec![
        many("$.keys.all(k, true)"),
        many("$.keys == $.keys"),
        many("{$.body: 1}.size() == 1"),
        many("{'a': 1}[$.body] == 1 || true"),
        many("!($.body in {'a': 1})"),
        many("$.vms.all(v, 'id' in v && has(v.id) && v['id'] >= 0)"),
        many("$.vms.all(v, v == v)"),
        (format!("$.numbers.all(i, {{{wide}}}.size() > 0)"), Unknown),
        (format!("$.numbers.map(i, {{{wide}}}).size() > 0"), Unknown),
        (format!("$.numbers.all(i, $.numbers.all(j, $.vms[0].{} == 1 || true))", "a".repeat(3_900)), Unknown),
        (format!("{{{narrow}}} == {{{narrow}}}"), Cheap),
    ]
}

fn libraries() -> Vec<(String, Expected)> {
    use Expected::{Cheap, Refused, Unknown};
    let many = |body: &str| (format!("$.numbers.all(i, {body})"), Unknown);
    vec![
        many("isURL($.body) || true"),
        many("isIP($.digits) || true"),
        many("isCIDR($.digits) || true"),
        many("isSemver($.digits) || true"),
        many("isQuantity($.digits) || true"),
        many("strings.quote($.body) != ''"),
        many("$.numbers.all(j, isURL('https://a.example:8080/x?y=1#z'))"),
        many("$.numbers.all(j, url('https://a.example:8080/x?y=1').getQuery().size() > 0)"),
        many("$.numbers.all(j, ip('10.0.0.1').isLoopback() || true)"),
        many("$.numbers.all(j, cidr('10.0.0.0/8').containsIP('10.1.1.1'))"),
        many("$.numbers.all(j, semver('1.2.3').isLessThan(semver('1.10.0')))"),
        many("$.numbers.all(j, quantity('1Ki').compareTo(quantity('1024')) == 0)"),
        many("$.numbers.all(j, quantity('1e18').add(quantity('1')).sign() >= -1)"),
        many("$.numbers.all(j, math.greatest(i, j) >= 0)"),
        many("math.greatest($.numbers) > 0"),
        many("$.numbers.all(j, '%d'.format([j]) != '')"),
        many("'%s'.format([$.numbers]) != ''"),
        many("'%s'.format([$.floats]) != ''"),
        many("'%s'.format([$.sentences]) != ''"),
        many("'%x'.format([$.body]) != ''"),
        many("'%s'.format([bytes($.body)]) != ''"),
        many("'%.100f%.100f%.100f%.100f'.format([1e308, 1e308, 1e308, 1e308]) != ''"),
        many("$.percent.format($.numbers) == '' || true"),
        ("$.numbers.all(i, '%.100e'.format([1e-308]) != '')".into(), Cheap),
        (format!("'%s'.format([{}]) == ''", repeated("$.floats", "a + a", 8)), Unknown),
        (format!("'%s'.format([{}]) == ''", repeated("$.floats", "[a, a]", 8)), Unknown),
        (format!("'%x'.format([{}]) == ''", repeated("$.body", "a + a", 1)), Unknown),
        ("strings.quote($.body + $.body) == ''".into(), Cheap),
        (format!("isURL('{}')", "a".repeat(4_000)), Cheap),
        (format!("url('http://{}').getHost() == ''", "é".repeat(2_000)), Cheap),
        (format!("isSemver('1.2.3-{}')", "a.".repeat(1_900)), Cheap),
        (format!("isQuantity('{}')", "9".repeat(4_000)), Cheap),
        (format!("duration('{}') > duration('1s') || true", "1h".repeat(2_000)), Refused),
    ]
}
