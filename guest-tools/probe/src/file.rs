//! Files, as a test says.

use crate::guest::bindings::Step;
use crate::guest::bindings::wasi::clocks::wall_clock::Datetime;
use crate::guest::bindings::wasi::filesystem::preopens;
use crate::guest::bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};

/// Bytes that one step reads.
const READ_BYTES: u64 = 65_536;

/// What the steps so far hold.
pub(crate) struct Hands {
    roots: Vec<(Descriptor, String)>,
    opened: Vec<Option<Descriptor>>,
}

impl Hands {
    pub(crate) fn new() -> Self {
        Self {
            roots: preopens::get_directories(),
            opened: Vec::new(),
        }
    }

    /// Does one step and says what came of it.
    pub(crate) fn take(&mut self, step: &Step) -> String {
        let mut opened = None;
        let said = match self.act(step, &mut opened) {
            Ok(said) => format!("ok {said}"),
            Err(error) => format!("error {error}"),
        };
        self.opened.push(opened);
        said
    }

    /// The directory of the host's, or `#N`: what step N opened.
    fn at(&self, name: &str) -> Result<&Descriptor, String> {
        let found = match name.strip_prefix('#') {
            Some(step) => {
                let step = step.parse::<usize>().ok();
                step.and_then(|step| self.opened.get(step)?.as_ref())
            }
            None => {
                let mut roots = self.roots.iter();
                roots.find(|(_, root)| root == name).map(|(root, _)| root)
            }
        };
        found.ok_or_else(|| format!("no `{name}`"))
    }

    fn act(&self, step: &Step, opened: &mut Option<Descriptor>) -> Result<String, String> {
        if step.does == "directories" {
            let names = self.roots.iter().map(|(_, name)| name.as_str());
            return Ok(names.collect::<Vec<_>>().join(" "));
        }
        let at = self.at(&step.at)?;
        let path = step.path.as_deref().unwrap_or(".");
        let letters = step.flags.as_deref().unwrap_or_default();
        let said = match &*step.does {
            "open" => {
                let (open, access) = access(letters);
                let found = at.open_at(follows(letters), path, open, access);
                found.map(|found| {
                    *opened = Some(found);
                    String::new()
                })
            }
            "read" => at
                .read(READ_BYTES, 0)
                .map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned()),
            "write" => {
                let data = step.data.as_deref().unwrap_or_default();
                at.write(data.as_bytes(), 0).map(|bytes| bytes.to_string())
            }
            "stream" => match at.read_via_stream(0) {
                Ok(stream) => match stream.blocking_read(READ_BYTES) {
                    Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                    Err(_) => return Err("stream".to_owned()),
                },
                Err(error) => Err(error),
            },
            "append" => match at.append_via_stream() {
                Ok(stream) => {
                    let data = step.data.as_deref().unwrap_or_default();
                    match stream.blocking_write_and_flush(data.as_bytes()) {
                        Ok(()) => Ok(String::new()),
                        Err(_) => return Err("stream".to_owned()),
                    }
                }
                Err(error) => Err(error),
            },
            "size" => {
                let size = step.data.as_deref().and_then(|size| size.parse().ok());
                at.set_size(size.unwrap_or(0)).map(|()| String::new())
            }
            "stat" => at
                .stat_at(follows(letters), path)
                .map(|stat| format!("{:?} {}", stat.type_, stat.size)),
            "itself" => at.stat().map(|stat| format!("{:?}", stat.type_)),
            "flags" => at.get_flags().map(|flags| format!("{flags:?}")),
            "hash" => at
                .metadata_hash_at(follows(letters), path)
                .map(|_| String::new()),
            "list" => list(at),
            "make" => at.create_directory_at(path).map(|()| String::new()),
            "remove" => at.remove_directory_at(path).map(|()| String::new()),
            "unlink" => at.unlink_file_at(path).map(|()| String::new()),
            "readlink" => at.readlink_at(path),
            "sync" => at.sync().map(|()| String::new()),
            "times" => at
                .set_times_at(follows(letters), path, time(step), time(step))
                .map(|()| String::new()),
            "touch" => at.set_times(time(step), time(step)).map(|()| String::new()),
            "symlink" => {
                let target = step.to.as_deref().unwrap_or_default();
                at.symlink_at(target, path).map(|()| String::new())
            }
            "rename" | "link" => {
                let other = match &step.to_at {
                    Some(other) => self.at(other)?,
                    None => at,
                };
                let to = step.to.as_deref().unwrap_or_default();
                let done = if step.does == "rename" {
                    at.rename_at(path, other, to)
                } else {
                    at.link_at(follows(letters), path, other, to)
                };
                done.map(|()| String::new())
            }
            other => return Err(format!("cannot `{other}`")),
        };
        said.map_err(|error| error.name().to_owned())
    }
}

fn follows(letters: &str) -> PathFlags {
    if letters.contains('f') {
        PathFlags::SYMLINK_FOLLOW
    } else {
        PathFlags::empty()
    }
}

/// `c`reate, `d`irectory, e`x`clusive, `t`runcate; `r`ead, `w`rite, `m`utate.
fn access(letters: &str) -> (OpenFlags, DescriptorFlags) {
    let (mut open, mut access) = (OpenFlags::empty(), DescriptorFlags::empty());
    for letter in letters.chars() {
        match letter {
            'c' => open |= OpenFlags::CREATE,
            'd' => open |= OpenFlags::DIRECTORY,
            'x' => open |= OpenFlags::EXCLUSIVE,
            't' => open |= OpenFlags::TRUNCATE,
            'r' => access |= DescriptorFlags::READ,
            'w' => access |= DescriptorFlags::WRITE,
            'm' => access |= DescriptorFlags::MUTATE_DIRECTORY,
            _ => {}
        }
    }
    (open, access)
}

/// Seconds and nanoseconds as `S.N`.
fn time(step: &Step) -> NewTimestamp {
    let said = step.data.as_deref().and_then(|data| data.split_once('.'));
    let parsed = said.and_then(|(seconds, nanoseconds)| {
        Some(Datetime {
            seconds: seconds.parse().ok()?,
            nanoseconds: nanoseconds.parse().ok()?,
        })
    });
    parsed.map_or(NewTimestamp::Now, NewTimestamp::Timestamp)
}

fn list(directory: &Descriptor) -> Result<String, ErrorCode> {
    let entries = directory.read_directory()?;
    let mut names = Vec::new();
    while let Some(entry) = entries.read_directory_entry()? {
        names.push(entry.name);
    }
    names.sort();
    Ok(names.join(" "))
}
