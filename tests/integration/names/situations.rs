//! Situations in which a name is looked up. See `servers` for the name servers and the names.

/// One lookup.
pub struct Situation {
    pub resolv: &'static str,
    pub hosts: &'static str,
    pub host: &'static str,
    /// Where glibc says something else: what this program says, and the row of the table in `docs/names.md` that explains it.
    pub difference: Option<(&'static str, &'static str)>,
}

/// What is said where the name does not exist, has no address, or is none.
pub const MISSING: &str = "missing";
/// What is said where the name servers did not say.
pub const UNKNOWN: &str = "unknown";

const ONE_TYPE_UNANSWERED: &str = "One of A and AAAA is answered, without addresses, and the other is not";
const FIRST_TYPE: &str = "Only one of A and AAAA has come";
const LATE: &str = "An answer that is late";
const EDNS: &str = "A server rejects EDNS";
const SCOPE: &str = "The scope of an IPv6 address does not exist on this host";
const IDNA: &str = "Names with other letters than ASCII";

const GOOD: &str = "nameserver 127.0.0.53\n";

const fn at(resolv: &'static str, host: &'static str) -> Situation {
    Situation { resolv, hosts: "127.0.0.1 localhost\n", host, difference: None }
}

/// Where glibc says something else.
const fn differs(resolv: &'static str, host: &'static str, said: &'static str, row: &'static str) -> Situation {
    Situation { resolv, hosts: "127.0.0.1 localhost\n", host, difference: Some((said, row)) }
}

const fn listed(hosts: &'static str, host: &'static str) -> Situation {
    Situation { resolv: "nameserver 127.0.0.56\noptions timeout:1 attempts:1\n", hosts, host, difference: None }
}

pub const SITUATIONS: &[Situation] = &[
    // Answers for both types.
    at(GOOD, "ok-ok.test"),
    at(GOOD, "ok-nodata.test"),
    at(GOOD, "nodata-ok.test"),
    at(GOOD, "ok-nx.test"),
    at(GOOD, "nx-ok.test"),
    at(GOOD, "nx-nx.test"),
    at(GOOD, "nodata-nodata.test"),
    at(GOOD, "nx-nodata.test"),
    at(GOOD, "nodata-nx.test"),
    at(GOOD, "ok-servfail.test"),
    at(GOOD, "servfail-ok.test"),
    at(GOOD, "ok-refused.test"),
    at(GOOD, "refused-ok.test"),
    at(GOOD, "servfail-servfail.test"),
    at(GOOD, "refused-refused.test"),
    differs(GOOD, "servfail-nodata.test", UNKNOWN, ONE_TYPE_UNANSWERED),
    differs(GOOD, "servfail-nx.test", UNKNOWN, ONE_TYPE_UNANSWERED),
    differs(GOOD, "nodata-servfail.test", UNKNOWN, ONE_TYPE_UNANSWERED),
    differs(GOOD, "nx-servfail.test", UNKNOWN, ONE_TYPE_UNANSWERED),
    at(GOOD, "lame-lame.test"),
    at("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n", "ok-silent.test"),
    differs(
        "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n",
        "silent-ok.test",
        "[2001:db8::1:e]:0 [2001:db8::2:e]:0",
        FIRST_TYPE,
    ),
    at("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n", "silent-silent.test"),
    differs("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n", "nx-silent.test", UNKNOWN, ONE_TYPE_UNANSWERED),
    at("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n", "silent-nodata.test"),
    at(GOOD, "OK-ok.TEST"),
    at(GOOD, "cut-cut.test"),
    at(GOOD, "ok-cut.test"),
    // Aliases.
    at(GOOD, "alias.test"),
    at(GOOD, "circle.test"),
    at(GOOD, "dangling.test"),
    at(GOOD, "empty.test"),
    // Several servers, one of which has a fault.
    at("nameserver 127.0.0.54\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.55\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.57\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.58\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.59\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.62\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.56\nnameserver 127.0.0.53\noptions timeout:1\n", "ok-ok.test"),
    at("nameserver 127.0.0.63\nnameserver 127.0.0.53\noptions timeout:1\n", "ok-ok.test"),
    at("nameserver 127.0.0.54\nnameserver 127.0.0.53\n", "nx-nx.test"),
    at("nameserver 127.0.0.53\nnameserver 127.0.0.54\n", "nx-nx.test"),
    at("nameserver 127.0.0.54\nnameserver 127.0.0.55\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.54\nnameserver 127.0.0.55\nnameserver 127.0.0.59\nnameserver 127.0.0.53\n", "ok-ok.test"),
    at("nameserver 127.0.0.54\nnameserver 127.0.0.55\n", "ok-ok.test"),
    at("nameserver 127.0.0.53\nnameserver 127.0.0.54\noptions rotate\n", "ok-ok.test"),
    at("nameserver 127.0.0.59\n", "ok-ok.test"),
    at("nameserver 127.0.0.60\noptions timeout:1\n", "ok-ok.test"),
    differs(
        "nameserver 127.0.0.60\noptions timeout:1 attempts:1\n",
        "ok-ok.test",
        "192.0.2.10:0 192.0.3.10:0 [2001:db8::1:a]:0 [2001:db8::2:a]:0",
        LATE,
    ),
    at("nameserver ::1\n", "ok-ok.test"),
    // Other options.
    differs(
        "nameserver 127.0.0.61\noptions edns0\n",
        "ok-ok.test",
        "192.0.2.10:0 192.0.3.10:0 [2001:db8::1:a]:0 [2001:db8::2:a]:0",
        EDNS,
    ),
    at("nameserver 127.0.0.61\n", "ok-ok.test"),
    at("nameserver 127.0.0.64\noptions use-vc\n", "ok-ok.test"),
    at("nameserver 127.0.0.53\noptions single-request\n", "ok-ok.test"),
    at("nameserver 127.0.0.53\noptions no-aaaa\n", "ok-ok.test"),
    at("nameserver 127.0.0.53\noptions edns0 trust-ad unheard-of\n", "ok-ok.test"),
    at("", "ok-ok.test"),
    at("nameserver 127.53\n", "ok-ok.test"),
    at("nonsense\nnameserver\nnameserver x\n nameserver 127.0.0.54\nnameserver 127.0.0.53 # good\n", "ok-ok.test"),
    // The search list.
    at("nameserver 127.0.0.53\nsearch one.test two.test\n", "web"),
    at("nameserver 127.0.0.53\nsearch two.test one.test\n", "both"),
    at("nameserver 127.0.0.53\nsearch three.test\n", "web"),
    at("nameserver 127.0.0.53\nsearch three.test\noptions no-tld-query\n", "web"),
    at("nameserver 127.0.0.53\nsearch one.test two.test\n", "deep.web"),
    at("nameserver 127.0.0.53\nsearch one.test two.test\n", "nx-nx.test"),
    at("nameserver 127.0.0.53\nsearch one.test\n", "web."),
    at("nameserver 127.0.0.53\nsearch one.test\n", "both."),
    at("nameserver 127.0.0.53\nsearch one.test two.test\noptions ndots:2\n", "deep.web"),
    at("nameserver 127.0.0.53\nsearch one.test two.test\noptions ndots:5\n", "ok-ok.test"),
    at("nameserver 127.0.0.53\nsearch one.test\noptions ndots:0\n", "web"),
    at("nameserver 127.0.0.53\nsearch .\n", "web"),
    at("nameserver 127.0.0.53\ndomain two.test\nsearch one.test\n", "both"),
    at("nameserver 127.0.0.53\nsearch one.test\ndomain two.test\n", "both"),
    at("nameserver 127.0.0.53\nsearch servfail-servfail.test one.test\n", "web"),
    at("nameserver 127.0.0.53\nsearch two.test\n", "servfail-servfail"),
    at("nameserver 127.0.0.53\nsearch two.test\n", "refused-refused"),
    at("nameserver 127.0.0.53\nsearch two.test\noptions timeout:1 attempts:1\n", "silent-silent"),
    at("nameserver 127.0.0.56\nnameserver 127.0.0.53\nsearch two.test one.test\noptions timeout:1\n", "web"),
    // Names.
    at(GOOD, "my_app.test"),
    at(GOOD, "_leading.test"),
    at(GOOD, "trailing.test."),
    at(GOOD, "localhost."),
    at(GOOD, "app.localhost"),
    at(GOOD, "x.invalid"),
    at(GOOD, "host.onion"),
    at(GOOD, "a..test"),
    at(GOOD, ".test"),
    at(GOOD, "a-label-of-more-than-sixty-three-characters-is-not-a-label-at-all.test"),
    differs(GOOD, "b\u{fc}cher.test", "192.0.2.18:0 192.0.3.18:0", IDNA),
    at(GOOD, "web"),
    at(GOOD, "."),
    at(GOOD, ""),
    // Addresses.
    at(GOOD, "127.0.0.1"),
    at(GOOD, "127.1"),
    at(GOOD, "0x7f000001"),
    at(GOOD, "017700000001"),
    at(GOOD, "2130706433"),
    at(GOOD, "1.2.3.256"),
    at(GOOD, "1.2.3.4.5"),
    at(GOOD, "08.1.1.1"),
    at(GOOD, "::1"),
    at(GOOD, "::ffff:192.0.2.1"),
    at(GOOD, "fe80::1%lo"),
    at(GOOD, "fe80::1%1"),
    differs(GOOD, "fe80::1%unheard-of", UNKNOWN, SCOPE),
    differs(GOOD, "::1%lo", UNKNOWN, SCOPE),
    at(GOOD, "1::2::3"),
    // The hosts file, beside a silent server.
    listed("127.0.0.1 localhost\n", "localhost"),
    listed("192.0.2.1 web web.lan\n", "web.lan"),
    listed("192.0.2.1 Web\n", "wEB"),
    listed("192.0.2.1 web\n2001:db8::1 web\n192.0.2.2 web\n", "web"),
    listed("2001:db8::1 web\n", "web"),
    listed("192.0.2.1 my_app # other\n", "my_app"),
    listed("# 192.0.2.1 web\n192.0.2.2\tweb\n", "web"),
    listed("192.0.2.999 web\nweb 192.0.2.1\n192.0.2.2 web", "web"),
    listed("fe80::1%lo web\n192.0.2.2 web\n", "web"),
    listed("127.1 web\n192.0.2.2 web\n", "web"),
    listed("192.0.2.1 web\r\n", "web"),
    listed("192.0.2.1 web.\n", "web."),
    listed("192.0.2.1 127.0.0.9\n", "127.0.0.9"),
    listed("::1 localhost\n127.0.0.1 localhost\n", "localhost"),
    Situation { resolv: GOOD, hosts: "192.0.2.1 trailing.test\n", host: "trailing.test.", difference: None },
    Situation { resolv: GOOD, hosts: "192.0.2.9 ok-ok.test\n", host: "ok-ok.test", difference: None },
    Situation { resolv: GOOD, hosts: "2001:db8::9 ok-ok.test\n", host: "ok-ok.test", difference: None },
    Situation { resolv: GOOD, hosts: "192.0.2.1 web.one.test\n", host: "web", difference: None },
    Situation { resolv: "", hosts: "", host: "localhost", difference: None },
];
