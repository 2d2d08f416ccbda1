//! Where records go.

use std::fmt;
use std::io::{self, Write};

use crate::body::Run;
use crate::chain::Chain;
use crate::key::ArgumentsKey;
use crate::queue::Bodies;
use crate::settings::Settings;
use crate::text::push_number;

/// Where records go.
#[derive(Debug)]
pub(crate) enum Sink {
    Folder(Box<Folder>),
    Stream(Stream),
}

/// A folder, which may not be there yet, or no more, and who gets a copy.
#[derive(Debug)]
pub(crate) struct Folder {
    settings: Settings,
    run: Run,
    chain: Option<Chain>,
    echo: Option<Stream>,
}

/// A stream that somebody else keeps. Records have numbers there, and no hashes: whoever keeps the
/// stream could make them as well as we.
pub(crate) struct Stream {
    output: Box<dyn Write + Send>,
    seq: u64,
    out: Vec<u8>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

impl Sink {
    pub(crate) fn folder(
        settings: Settings,
        run: Run,
        echo: Option<Box<dyn Write + Send>>,
    ) -> Self {
        Self::Folder(Box::new(Folder {
            settings,
            run,
            chain: None,
            echo: echo.map(Stream::new),
        }))
    }

    pub(crate) fn stream(stream: Box<dyn Write + Send>) -> Self {
        Self::Stream(Stream::new(stream))
    }

    /// Writes all of `bodies`, or none.
    pub(crate) fn append(&mut self, bodies: &Bodies) -> io::Result<()> {
        match self {
            Self::Folder(folder) => folder.append(bodies),
            Self::Stream(stream) => stream.append(bodies),
        }
    }

    /// The key for arguments, once the log is open.
    pub(crate) fn arguments_key(&self) -> Option<ArgumentsKey> {
        match self {
            Self::Folder(folder) => folder
                .chain
                .as_ref()
                .map(|chain| chain.key().for_arguments()),
            Self::Stream(_) => None,
        }
    }
}

impl Folder {
    fn append(&mut self, bodies: &Bodies) -> io::Result<()> {
        if self.chain.as_ref().is_some_and(Chain::is_gone) {
            self.chain = None;
        }
        let chain = match &mut self.chain {
            Some(chain) => chain,
            None => self.chain.insert(Chain::open(&self.settings, self.run)?),
        };
        let before = chain.append(bodies)?;
        if let Some(echo) = &mut self.echo {
            // Others may have written in between: the copies have the numbers of the log.
            echo.seq = before;
            // The record is written; a copy that is not changes nothing.
            let _ = echo.append(bodies);
        }
        Ok(())
    }
}

impl Stream {
    fn new(output: Box<dyn Write + Send>) -> Self {
        Self {
            output,
            seq: 0,
            out: Vec::new(),
        }
    }

    fn append(&mut self, bodies: &Bodies) -> io::Result<()> {
        if bodies.iter().next().is_none() {
            return Ok(());
        }
        self.out.clear();
        for body in bodies.iter() {
            self.seq = self.seq.saturating_add(1);
            self.out.extend_from_slice(b"{\"v\":1,\"seq\":");
            push_number(&mut self.out, self.seq);
            self.out.push(b',');
            self.out.extend_from_slice(body);
            self.out.extend_from_slice(b"}\n");
        }
        self.output.write_all(&self.out)?;
        self.output.flush()
    }
}
