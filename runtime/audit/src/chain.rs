//! The chain on disk, open for writing.
//!
//! Owns the order of a write: take the lock, look what the others have written, continue there, say
//! where it ends, release. A write happens as a whole or not at all: what could not be finished is
//! undone. Refuses to trust the file: where it is not what the head says, the difference is written
//! down.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::body::Run;
use crate::folder::{append_private, is_deleted, is_unused, make_private, name, numbers};
use crate::head::{self, Found, HEAD_FILE, Head};
use crate::key::Key;
use crate::link::{Mark, seal};
use crate::note::Note;
use crate::queue::Bodies;
use crate::recover::{self, End};
use crate::settings::{Durability, Settings};
use crate::time::Timestamp;

/// The chain, open for writing.
#[derive(Debug)]
pub(crate) struct Chain {
    folder: PathBuf,
    settings: Settings,
    run: Run,
    key: Key,
    head_file: File,
    head: Head,
    /// The file that `head` names, when it is open.
    file: Option<(u64, File)>,
    notes: Vec<Note>,
    body: Vec<u8>,
    out: Vec<u8>,
}

impl Chain {
    /// Opens the log, and makes it where there is none.
    pub(crate) fn open(settings: &Settings, run: Run) -> io::Result<Self> {
        let folder = settings.folder.clone();
        make_private(&folder)?;
        let head_file = head::open(&folder)?;
        head_file.lock()?;
        let key = match Key::read(&folder)? {
            Some(key) => key,
            None if numbers(&folder)?.is_empty() => Key::make(&folder)?,
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::NotFound,
                    format!(
                        "the key of the log in `{}` is gone: restore it, or move the log away",
                        folder.display()
                    ),
                ));
            }
        };
        head_file.unlock()?;
        let head = Head {
            file: 0,
            since: 0,
            offset: 0,
            mark: Mark::NONE,
        };
        Ok(Self {
            folder,
            settings: settings.clone(),
            run,
            key,
            head_file,
            head,
            file: None,
            notes: Vec::new(),
            body: Vec::new(),
            out: Vec::new(),
        })
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Writes `bodies`, all of them or none. Gives the number of the record before the first of them, which may be
    /// another process's, or the log's own.
    pub(crate) fn append(&mut self, bodies: &Bodies) -> io::Result<u64> {
        self.head_file.lock()?;
        let written = self.append_locked(bodies);
        // Whatever happened, the others must go on. The lock ends with the file anyway.
        let unlocked = self.head_file.unlock();
        written.and(unlocked)?;
        let count = u64::try_from(bodies.len()).unwrap_or(u64::MAX);
        Ok(self.head.mark.seq().saturating_sub(count))
    }

    fn append_locked(&mut self, bodies: &Bodies) -> io::Result<()> {
        self.catch_up()?;
        if bodies.is_empty() && self.notes.is_empty() {
            return Ok(());
        }
        self.rotate()?;
        let mut next = self.head;
        self.out.clear();
        for note in &self.notes {
            self.body.clear();
            note.push(&mut self.body, Timestamp::now(), self.run);
            seal(&self.key, &mut next.mark, &self.body, &mut self.out);
        }
        for body in bodies.iter() {
            seal(&self.key, &mut next.mark, body, &mut self.out);
        }
        next.offset = next.offset.saturating_add(self.out.len() as u64);
        let written = self.write(&next);
        match written {
            Ok(()) => {
                self.head = next;
                self.notes.clear();
            }
            // Part of it may stand there. If it cannot be taken back now, whoever writes next does.
            Err(_) => {
                if let Some((_, file)) = &self.file {
                    let _ = file.set_len(self.head.offset);
                }
            }
        }
        written
    }

    fn write(&mut self, next: &Head) -> io::Result<()> {
        let Some((_, file)) = &mut self.file else {
            return Err(io::Error::other("no file of the log is open"));
        };
        file.write_all(&self.out)?;
        if self.settings.durability == Durability::Disk {
            file.sync_data()?;
        }
        next.write(&mut self.head_file, &self.key)
    }

    /// Continues where the chain ends, whoever wrote last.
    fn catch_up(&mut self) -> io::Result<()> {
        if is_deleted(&self.head_file.metadata()?) {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("`{}` was deleted", self.folder.join(HEAD_FILE).display()),
            ));
        }
        self.head = match head::read(&mut self.head_file, &self.key)? {
            Found::Valid(head) => head,
            // A process may have been killed before it wrote the first.
            Found::Empty if is_unused(&self.folder)? => {
                self.begin(1, Mark::NONE)?;
                return self.anchor();
            }
            Found::Empty => return self.head_lost("the head is gone"),
            Found::Foreign => return self.head_lost("the head is not ours"),
        };
        let number = self.head.file;
        if self.file.as_ref().is_none_or(|(open, _)| *open != number) {
            match append_private(&self.folder.join(name(number)), false) {
                Ok(file) => self.file = Some((number, file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return self.damaged("the file is gone");
                }
                Err(error) => return Err(error),
            }
        }
        let Some((_, file)) = &mut self.file else {
            return Ok(());
        };
        let metadata = file.metadata()?;
        if is_deleted(&metadata) {
            return self.damaged("the file was deleted");
        }
        if metadata.len() < self.head.offset {
            return self.damaged("the file was cut short");
        }
        if metadata.len() > self.head.offset {
            return self.repair(metadata.len());
        }
        Ok(())
    }

    /// Takes over what a killed process had written, and cuts off what it had not finished.
    fn repair(&mut self, length: u64) -> io::Result<()> {
        let Some((number, file)) = &mut self.file else {
            return Ok(());
        };
        let anchored = End {
            offset: self.head.offset,
            mark: self.head.mark,
        };
        let end = recover::follow(file, &self.key, anchored)?;
        if end.offset < length {
            let saved = recover::save(&self.folder, *number, file, end.offset);
            file.set_len(end.offset)?;
            let torn = Note::Torn {
                file: *number,
                offset: end.offset,
                bytes: length - end.offset,
                saved,
            };
            self.note(torn);
        }
        self.head.offset = end.offset;
        self.head.mark = end.mark;
        self.anchor()
    }

    /// Goes on in another file after the one that was tampered with, which stays as it is. The head
    /// says so only when the record of it is written: a process that is killed before finds the
    /// damage again.
    fn damaged(&mut self, what: &'static str) -> io::Result<()> {
        let Head { file, mark, .. } = self.head;
        self.begin(file.saturating_add(1), mark)?;
        self.note(Note::Damaged {
            file,
            what,
            last_seq: mark.seq,
        });
        Ok(())
    }

    /// Goes on after the last record that can be proved. Whether others came after it is not known.
    fn head_lost(&mut self, what: &'static str) -> io::Result<()> {
        let mark = recover::last(&self.folder, &self.key)?;
        let file = numbers(&self.folder)?.last().copied().unwrap_or(0);
        self.begin(file.saturating_add(1), mark)?;
        self.note(Note::Damaged {
            file,
            what,
            last_seq: mark.seq,
        });
        Ok(())
    }

    /// Continues in another file when this one is large or old enough.
    fn rotate(&mut self) -> io::Result<()> {
        let Head {
            file,
            since,
            offset,
            mark,
        } = self.head;
        let age = Timestamp::now().seconds().saturating_sub(since);
        let due =
            offset >= self.settings.rotate_bytes || age >= self.settings.rotate_after.as_secs();
        if offset == 0 || !due {
            return Ok(());
        }
        self.begin(file.saturating_add(1), mark)?;
        self.anchor()?;
        self.note(Note::Rotated { from: file });
        Ok(())
    }

    /// Begins a file. A process that was killed right here leaves an empty one behind, which is used.
    fn begin(&mut self, mut number: u64, mark: Mark) -> io::Result<()> {
        let file = loop {
            let file = append_private(&self.folder.join(name(number)), true)?;
            if file.metadata()?.len() == 0 {
                break file;
            }
            number = number.saturating_add(1);
        };
        if self.settings.durability == Durability::Disk {
            sync_folder(&self.folder)?;
        }
        self.file = Some((number, file));
        self.head = Head {
            file: number,
            since: Timestamp::now().seconds(),
            offset: 0,
            mark,
        };
        Ok(())
    }

    /// Says where the chain ends.
    fn anchor(&mut self) -> io::Result<()> {
        self.head.write(&mut self.head_file, &self.key)
    }

    /// Writes it down with the next records, once, however often that fails.
    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether somebody deleted the log, and it has to be opened anew.
    pub(crate) fn is_gone(&self) -> bool {
        self.head_file
            .metadata()
            .is_ok_and(|metadata| is_deleted(&metadata))
    }
}

/// Makes the name of a new file last.
#[cfg(unix)]
fn sync_folder(folder: &std::path::Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &std::path::Path) -> io::Result<()> {
    Ok(())
}
