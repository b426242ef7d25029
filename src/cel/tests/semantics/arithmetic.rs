//! Arithmetic, times, positions and their bounds.

use super::*;

#[test]
fn arithmetic_is_defined_within_a_type_and_its_range() {
    all_hold(&[
        "7 / 2 == 3 && -7 / 2 == -3 && 7 % 3 == 1 && -7 % 3 == -1 && 2 * 3 - 1 == 5",
        "1.0 / 0.0 > 1e300 && 1.5 + 1.5 == 3.0 && 2u + 3u == 5u && -(-3) == 3",
        "'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'",
    ]);
    all_err(&[
        "1 / 0 == 1",
        "1 % 0 == 1",
        "1u / 0u == 1u",
        "1 + 1.0 == 2.0",
        "1 + 1u == 2",
        "1 + '1' == 2",
        "'a' + 1 == 'a1'",
        "null + 1 == 1",
        "[1] + 1 == [1, 1]",
        "9223372036854775807 + 1 > 0",
        "-9223372036854775808 - 1 < 0",
        "-9223372036854775808 / -1 > 0",
        "9223372036854775807 * 2 > 0",
        "-(-9223372036854775808) > 0",
        "0u - 1u == 0u",
        "-1u == 0u",
        "-'a' == 'a'",
        "{'a': 1, 'a': 2}.size() == 2",
        "{null: 1}.size() == 1",
    ]);
}

#[test]
fn arithmetic_of_times_and_durations() {
    all_hold(&[
        "timestamp('2026-11-23T00:00:00Z') + duration('24h') == timestamp('2026-11-24T00:00:00Z')",
        "duration('24h') + timestamp('2026-11-23T00:00:00Z') == timestamp('2026-11-24T00:00:00Z')",
        "timestamp('2026-11-24T00:00:00Z') - timestamp('2026-11-23T00:00:00Z') == duration('24h')",
        "timestamp('2026-11-23T00:00:00Z') - duration('1h') == timestamp('2026-11-22T23:00:00Z')",
        "duration('1h') - duration('1m') == duration('59m')",
        "now.getFullYear() == 2026 && now.getMonth() == 10 && now.getDate() == 23 && now.getDayOfMonth() == 22",
        "now.getHours() == 12 && now.getHours('-03:00') == 9 && now.getHours('05:30') == 17 && now.getMinutes('05:30') == 30",
        "timestamp('2026-11-23T12:00:00-03:00').getHours() == 15",
        "now.getDayOfWeek() == 1 && timestamp('2026-01-01T00:00:00Z').getDayOfYear() == 0",
        "duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90 && duration('2s').getMilliseconds() == 2000",
        "string(timestamp('2026-11-23T09:00:00-03:00')) == '2026-11-23T09:00:00-03:00'",
        "int(timestamp('1970-01-01T00:01:00Z')) == 60 && timestamp(60) == timestamp('1970-01-01T00:01:00Z')",
    ]);
    all_err(&[
        "timestamp('yesterday') < now",
        "now + now == now",
        "now + 1 == now",
        "timestamp('9999-12-31T23:59:59Z') + duration('1s') > now",
        "now.getHours('Nowhere/AtAll') == 1",
        "duration('x') == duration('1s')",
    ]);
}

#[test]
fn positions_in_strings_are_counted_in_characters() {
    all_hold(&[
        "probes.api.accents.size() == 6 && size('é') == 1",
        "probes.api.accents.charAt(1) == 'ç' && probes.api.accents.charAt(6) == ''",
        "probes.api.accents.indexOf('é') == 5 && probes.api.accents.indexOf('z') == -1 && 'abab'.indexOf('a', 1) == 2",
        "'abab'.lastIndexOf('ab') == 2 && 'abab'.lastIndexOf('ab', 1) == 0 && 'ééé'.lastIndexOf('é', 1) == 1",
        "probes.api.accents.substring(1, 4) == 'ção' && 'abc'.substring(3) == ''",
        "'abc'.contains('b') && 'abc'.startsWith('ab') && 'abc'.endsWith('bc') && !'abc'.contains('x')",
        "'abc'.matches('^a.c$') && !'abc'.matches('x') && 'a1b22'.find('[0-9]+') == '1'",
        "'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]+', 1) == ['1']",
        "'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'ab'.split('') == ['a', 'b'] && 'a,b'.split(',', -1).size() == 2",
        "' a '.trim() == 'a' && 'aÉ'.upperAscii() == 'AÉ' && 'Aé'.lowerAscii() == 'aé' && 'abc'.reverse() == 'cba'",
        "string(1) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(b'a') == 'a' && string('a') == 'a'",
        "int('12') == 12 && int(1.9) == 1 && int(-1.9) == -1 && double('1.5') == 1.5 && uint('3') == 3u",
        "'%s is %d, %.1f'.format(['a', 2, 1.25]) == 'a is 2, 1.2'",
    ]);
    all_err(&[
        "probes.api.none.contains('a')",
        "probes.api.number.contains('a')",
        "probes.api.none.startsWith('a')",
        "'abc'.contains(1)",
        "'abc'.contains('a', 'b')",
        "'abc'.charAt(4) == ''",
        "'abc'.charAt(-1) == ''",
        "'abc'.substring(2, 1) == ''",
        "'abc'.substring(0, 4) == ''",
        "'abc'.matches('(')",
        "size(1) == 1",
        "size(null) == 0",
        "int('x') == 1",
        "int(1e19) == 1",
        "int(9223372036854775808.0) == 9223372036854775807",
        "int(0.0 / 0.0) == 0",
        "uint(-1) == 1u",
        "string(null) == ''",
        "string([1]) == ''",
    ]);
}

#[test]
fn what_is_out_of_range_is_an_error_and_never_another_value() {
    all_hold(&[
        "time('9999-12-31') > now && time('9999-12-31T23:59:59Z') > now && daysUntil('9999-12-31') > 2900000",
        "daysUntil('2026-12-07T12:00:00Z') == 14 && daysUntil('2026-12-07T11:59:59Z') == 13 && daysUntil(now) == 0",
        "daysUntil('2026-11-23T11:59:59Z') == -1 && daysUntil(1795435200) == 0 && daysUntil('2026-11-24') == 0",
        "quantity('1e100').isGreaterThan(quantity('9Ei')) && quantity('1e100') != quantity('1e101')",
        "1e16 in {10000000000000000: 'a'} && {10000000000000000: 'a'}[1e16] == 'a' && !(1e30 in {1: 'a'})",
        "string(duration('90s')) == '90s' && math.bitShiftRight(-1024, 3) == 2305843009213693824",
        "url('https://a:443/').getPort() == '443' && semver('1.2.3+a') == semver('1.2.3+b')",
    ]);
    let text = json!({"text": ["2562048h", "0000-12-31T23:59:59Z", "1e400", "1e2147483647", "99999999999999999999999999999999999999999"]});
    for source in [
        "duration(probes.api.text[0]) > duration('1h')",
        "timestamp(probes.api.text[1]) < now",
        "double(probes.api.text[2]) > 0.0",
        "quantity(probes.api.text[3]).add(quantity('1')) == quantity('1')",
        "quantity(probes.api.text[4]) == quantity('1')",
        "timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z') > duration('1s')",
        "duration('2562047h') + duration('2562047h') > duration('1s')",
    ] {
        let error = holds(source, text.clone()).expect_err(source);
        assert!(error != EvalError::Panicked, "{source}: {error:?}");
    }
}
