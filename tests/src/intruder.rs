//! A guest that wants files which it was not granted.
//!
//! Owns the ground: a directory with what may be touched and canaries beside and among it, and what an
//! intruder tries. Refuses to know by what way the guest is called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What stands in every file that nobody may touch.
pub const CANARY: &str = "canary-5b1d";

/// A directory on the host. What lies in `home` is granted, or some of it.
#[derive(Debug)]
pub struct Ground {
    folder: TempDir,
}

/// What a file was: content, inode, time of the last change, mode.
type Print = (Vec<u8>, u64, SystemTime, u32);

#[expect(clippy::unwrap_used, reason = "a test without its files cannot go on")]
impl Ground {
    /// A fresh one.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for directory in ["home/sub/deep", "home/keys/deep", "outside"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        for (path, text) in [
            ("home/a.md", "open"),
            ("home/sub/c.md", "open"),
            ("home/keys/k.md", CANARY),
            ("home/keys/deep/k.md", CANARY),
            ("home/hidden.txt", CANARY),
            ("home/sub/hidden.txt", CANARY),
            ("outside/secret.md", CANARY),
        ] {
            fs::write(root.join(path), text).unwrap();
        }
        // What the host's people left there.
        for (name, target) in [
            ("home/to-keys.md", "keys/k.md"),
            ("home/to-hidden.md", "hidden.txt"),
            ("home/keydir", "keys"),
            ("home/up", ".."),
            ("home/out.md", "../outside/secret.md"),
            ("home/ring.md", "ring.md"),
            ("home/fine.md", "sub/c.md"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        symlink(root.join("outside/secret.md"), root.join("home/abs.md")).unwrap();
        Self { folder }
    }

    /// Where something of it is on the host.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Every canary as it is now, by its path: an intruder that touched one is seen here. And the names
    /// of what lies outside.
    ///
    /// # Panics
    ///
    /// When the ground is gone.
    pub fn canaries(&self) -> BTreeMap<PathBuf, Print> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let data = path.symlink_metadata().unwrap();
                if data.is_dir() {
                    open.push(path);
                } else if data.is_file() {
                    let content = fs::read(&path).unwrap();
                    let guarded = ["outside", "home/keys"];
                    let guarded = guarded.iter().any(|name| path.starts_with(self.path(name)));
                    if content == CANARY.as_bytes() || guarded {
                        let modified = data.modified().unwrap();
                        found.insert(path, (content, data.ino(), modified, data.mode()));
                    }
                }
            }
        }
        found
    }
}

impl Default for Ground {
    fn default() -> Self {
        Self::new()
    }
}

/// One thing to do, as the probe's `file` takes it.
pub fn step(does: &str, at: &str, path: &str) -> Value {
    json!({"does": does, "at": at, "path": path})
}

/// The same, with how to open or follow.
pub fn flagged(does: &str, at: &str, path: &str, flags: &str) -> Value {
    json!({"does": does, "at": at, "path": path, "flags": flags})
}

/// One thing to do with two names.
pub fn both(does: &str, at: &str, path: &str, to: &str) -> Value {
    json!({"does": does, "at": at, "path": path, "to": to})
}

/// Everything that an intruder tries who may touch `/w/a.md` at most, and nothing of what `wanted`
/// names, as seen from `/w`. One call for each.
pub fn attacks(wanted: &[&str]) -> Vec<Vec<Value>> {
    wanted.iter().map(|name| attack(name)).collect()
}

fn attack(name: &str) -> Vec<Value> {
    let root = "/w";
    let mut steps = vec![
        step("directories", "", ""),
        step("list", root, "."),
        flagged("open", root, ".", "dr"),
        step("list", "#2", "."),
    ];
    for spelling in spellings(name) {
        at_one(&mut steps, root, &spelling);
    }
    for link in ["l.md", "sub/l.md"] {
        steps.push(both("symlink", root, link, name));
        at_one(&mut steps, root, link);
        steps.push(step("unlink", root, link));
    }
    for (from, to) in [(name, "a.md"), (name, "b.md"), ("a.md", name)] {
        // What was moved would be read, and moved back.
        for does in ["link", "follow", "rename"] {
            steps.push(match does {
                "follow" => json!({
                    "does": "link", "at": root, "path": from, "to": to, "flags": "f",
                }),
                does => both(does, root, from, to),
            });
            steps.push(flagged("open", root, to, "fr"));
            let opened = format!("#{}", steps.len() - 1);
            steps.push(step("read", &opened, "."));
            steps.push(step("list", &opened, "."));
        }
        steps.push(both("rename", root, to, from));
    }
    for spelling in spellings(name) {
        for does in ["remove", "unlink", "make"] {
            steps.push(step(does, root, &spelling));
        }
    }
    steps
}

/// Ways to write a path that some host took for another one.
fn spellings(name: &str) -> Vec<String> {
    let long = "./".repeat(300);
    vec![
        name.to_owned(),
        format!("./{name}"),
        format!("sub/../{name}"),
        format!("sub//..//{name}"),
        format!("no-such/../{name}"),
        format!("{name}/"),
        format!("{name}/."),
        format!("{name}//"),
        format!("../w/{name}"),
        format!("/w/{name}"),
        format!("//w/{name}"),
        format!("{long}{name}"),
        format!("{name}\0.md"),
        format!("{name}/../{name}"),
    ]
}

/// Everything that can be done at one path and leaves it where it is.
fn at_one(steps: &mut Vec<Value>, root: &str, path: &str) {
    for flags in ["fr", "rw", "fctw", "ft", "fcxw", "fdr"] {
        steps.push(flagged("open", root, path, flags));
        let opened = format!("#{}", steps.len() - 1);
        steps.push(step("read", &opened, "."));
        steps.push(step("stream", &opened, "."));
        steps.push(step("list", &opened, "."));
        steps.push(json!({"does": "write", "at": opened, "data": "x"}));
        steps.push(json!({"does": "append", "at": opened, "data": "x"}));
        steps.push(json!({"does": "size", "at": opened, "data": "0"}));
        steps.push(json!({"does": "touch", "at": opened, "data": "1.0"}));
    }
    steps.push(step("readlink", root, path));
    for flags in ["", "f"] {
        for does in ["stat", "hash"] {
            steps.push(flagged(does, root, path, flags));
        }
        steps.push(json!({
            "does": "times", "at": root, "path": path, "flags": flags, "data": "1.0",
        }));
    }
}
