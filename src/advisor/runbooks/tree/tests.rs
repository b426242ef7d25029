use super::*;
use std::os::unix::fs::symlink;

const LIMITS: TreeLimits = TreeLimits { files: 100, bytes: 1 << 20 };

struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("runbooks-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(path.join("specs/..data")).unwrap();
        Directory(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn pipe(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
}

#[test]
fn only_files_of_the_directory_are_read() {
    let directory = Directory::new();
    let (outer, specs) = (directory.0.clone(), directory.0.join("specs"));
    directory.write("secret.md", "secret");
    directory.write("specs/..data/mounted.md", "mounted");
    directory.write("specs/a-b_c.1.md", "olá \u{e9}");
    directory.write("specs/latin.md", b"ol\xe1");
    directory.write("specs/long.md", vec![b'x'; 300 << 10]);
    directory.write("specs/net/core/router.md", "router");
    std::fs::create_dir(specs.join("folder.md")).unwrap();
    symlink("..data/mounted.md", specs.join("mounted.md")).unwrap();
    symlink("../secret.md", specs.join("out.md")).unwrap();
    symlink(outer.join("secret.md"), specs.join("absolute.md")).unwrap();
    symlink("loop.md", specs.join("loop.md")).unwrap();
    pipe(&specs.join("pipe.md"));
    let read = |name: &str| read_runbook(&specs, name);
    assert_eq!(read("a-b_c.1").unwrap(), "olá é");
    assert_eq!(read("mounted").unwrap(), "mounted");
    assert_eq!(read("net/core/router").unwrap(), "router");
    assert_eq!(read("latin").unwrap(), "ol\u{fffd}");
    assert_eq!(read("long").unwrap().len() as u64, PAGE_MAX);
    let long = "a".repeat(200);
    for name in [
        "../secret",
        "",
        ".",
        "..",
        "..data/mounted",
        "a..b",
        "/etc/passwd",
        "-a",
        "a\0b",
        "a\nb",
        "é",
        "a//b",
        "a/",
        "a/../b",
        "a/.b",
        &long,
    ] {
        assert!(matches!(read(name), Err(RunbookError::Name(_))), "{name:?}");
    }
    for name in ["out", "absolute"] {
        assert!(matches!(read(name), Err(RunbookError::Outside { .. })), "{name}");
    }
    for name in ["loop", "missing", "net/missing"] {
        assert!(matches!(read(name), Err(RunbookError::Unreadable { .. })), "{name}");
    }
    for name in ["folder", "pipe"] {
        assert!(matches!(read(name), Err(RunbookError::NotAFile { .. })), "{name}");
    }
}

#[test]
fn a_tree_has_the_pages_of_all_its_directories() {
    let directory = Directory::new();
    for (path, text) in [
        ("b.md", "b"),
        ("a/x.md", "ax"),
        ("a/y/z.md", "ayz"),
        ("README.md", "no"),
        ("a/readme.md", "no"),
        (".hidden.md", "no"),
        (".git/c.md", "no"),
        ("notes.txt", "no"),
        ("é.md", "no"),
        ("-x.md", "no"),
    ] {
        directory.write(&format!("specs/{path}"), text);
    }
    directory.write("other/secret.md", "secret");
    let specs = directory.0.join("specs");
    symlink("../other", specs.join("outside")).unwrap();
    symlink("..", specs.join("a/up")).unwrap();
    symlink("a", specs.join("again")).unwrap();
    symlink("nowhere.md", specs.join("dangling.md")).unwrap();
    pipe(&specs.join("pipe.md"));
    let tree = read_tree(&specs, LIMITS).unwrap();
    let pages: Vec<_> = tree.pages.iter().map(|(spec, page)| (spec.as_str(), page.as_str())).collect();
    assert_eq!(pages, [("a/x", "ax"), ("a/y/z", "ayz"), ("b", "b")]);
    let mut problems: Vec<_> = tree.problems.iter().map(|problem| problem.path.as_str()).collect();
    problems.sort_unstable();
    assert_eq!(
        problems,
        ["-x", "a/up", "dangling", "outside", "pipe", "é"]
            .into_iter()
            .filter(|path| *path != "a/up")
            .collect::<Vec<_>>()
    );
    assert!(read_tree(&specs.join("missing"), LIMITS).is_err());
    assert!(read_tree(&specs.join("b.md"), LIMITS).is_err());
}

#[test]
fn links_of_a_mounted_volume_are_followed() {
    let directory = Directory::new();
    directory.write("volume/..2026_01/desk.md", "old");
    directory.write("volume/..2026_01/sub/x.md", "old x");
    let volume = directory.0.join("volume");
    symlink("..2026_01", volume.join("..data")).unwrap();
    symlink("..data/desk.md", volume.join("desk.md")).unwrap();
    symlink("..data/sub", volume.join("sub")).unwrap();
    // The root itself is a link, as git-sync makes it.
    symlink("volume", directory.0.join("current")).unwrap();
    let pages = || read_tree(&directory.0.join("current"), LIMITS).unwrap().pages;
    assert_eq!(pages(), [("desk".into(), "old".into()), ("sub/x".to_string(), "old x".to_string())]);
    directory.write("volume/..2026_02/desk.md", "new");
    symlink("..2026_02", volume.join("..tmp")).unwrap();
    std::fs::rename(volume.join("..tmp"), volume.join("..data")).unwrap();
    std::fs::remove_dir_all(volume.join("..2026_01")).unwrap();
    assert_eq!(pages(), [("desk".to_string(), "new".to_string())]);
}

#[test]
fn a_tree_is_read_within_limits() {
    let directory = Directory::new();
    for name in ["a", "b", "c"] {
        directory.write(&format!("specs/{name}.md"), "x".repeat(100));
    }
    directory.write("specs/d/e/f/g/h/i/j/k/l/deep.md", "x");
    let specs = directory.0.join("specs");
    let names = |limits: TreeLimits| {
        let tree = read_tree(&specs, limits).unwrap();
        let names: Vec<_> = tree.pages.into_iter().map(|(spec, _)| spec).collect();
        (names.join(" "), tree.problems.into_iter().map(|problem| problem.kind).collect::<Vec<_>>())
    };
    let deep = Kind::TooDeep { max: DEPTH_MAX };
    assert_eq!(names(LIMITS), ("a b c".into(), vec![deep.clone()]));
    let few = TreeLimits { files: 2, ..LIMITS };
    assert_eq!(names(few), ("a b".into(), vec![deep.clone(), Kind::TooManyFiles { found: 3, max: 2 }]));
    let small = TreeLimits { bytes: 250, ..LIMITS };
    assert_eq!(names(small), ("a b".into(), vec![deep.clone(), Kind::TooManyBytes { max: 250 }]));
    directory.write("specs/a.md", vec![b'x'; 300 << 10]);
    assert_eq!(names(LIMITS), ("a b c".into(), vec![deep, Kind::Cut { max: PAGE_MAX }]));
}
