//! A gateway as a process of its own, as a user runs it.

use crate::PATIENCE;
use std::{
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// A running gateway. It is killed when this is dropped.
pub struct Gateway {
    child: Child,
    /// Where it listens, in the order of the start message.
    pub addresses: Vec<SocketAddr>,
    /// Its admin socket.
    pub admin: String,
    told: Lines,
    said: Lines,
}

type Lines = Arc<Mutex<Vec<String>>>;

/// What a command printed.
pub struct Output {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command of the binary to its end.
pub fn run(binary: &str, folder: &Path, words: &[&str]) -> Output {
    let output = Command::new(binary).args(words).current_dir(folder).output().expect("the binary");
    Output {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Gateway {
    /// Starts `portcullis run` with these words in a folder, and waits until it listens.
    pub fn start(binary: &str, folder: &Path, words: &[&str]) -> Self {
        let mut command = Command::new(binary);
        command.arg("run").args(words).current_dir(folder).env("XDG_RUNTIME_DIR", folder);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        let told = collect(child.stderr.take().unwrap());
        let said = collect(child.stdout.take().unwrap());
        let mut gateway = Self { child, addresses: Vec::new(), admin: String::new(), told, said };
        gateway.wait_to_be_told("listening on http://");
        // The lines of several listeners are written at once.
        thread::sleep(Duration::from_millis(50));
        for line in gateway.told() {
            if let Some(address) = line.strip_prefix("listening on http://") {
                let address = address.split(' ').next().unwrap();
                gateway.addresses.push(address.parse().expect("an address"));
            }
            if let Some(socket) = line.strip_prefix("admin socket ") {
                gateway.admin = socket.to_owned();
            }
        }
        gateway
    }

    /// Its first listener.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// What it wrote to standard error so far.
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    /// What it wrote to standard output so far: the access log.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Waits for a line on standard error that holds `text`.
    pub fn wait_to_be_told(&mut self, text: &str) -> String {
        self.wait(text, &Arc::clone(&self.told))
    }

    /// Waits for a line on standard output that holds `text`.
    pub fn wait_to_hear(&mut self, text: &str) -> String {
        self.wait(text, &Arc::clone(&self.said))
    }

    #[expect(clippy::disallowed_methods, reason = "tests wait in real time")]
    fn wait(&mut self, text: &str, lines: &Lines) -> String {
        let start = Instant::now();
        loop {
            if let Some(line) = lines.lock().unwrap().iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let ended = self.child.try_wait().unwrap();
            let told = self.told().join("\n");
            assert!(ended.is_none(), "the gateway ended while waiting for `{text}`:\n{told}");
            assert!(start.elapsed() < PATIENCE, "no `{text}` came:\n{told}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal by its name, such as `HUP`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("kill");
        assert!(status.success());
    }

    /// Waits for the end, and returns the exit code.
    #[expect(clippy::disallowed_methods, reason = "tests wait in real time")]
    pub fn end(&mut self) -> i32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(start.elapsed() < PATIENCE, "the gateway did not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(stream: impl Read + Send + 'static) -> Lines {
    let lines = Lines::default();
    let collected = Arc::clone(&lines);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            collected.lock().unwrap().push(line);
        }
    });
    lines
}
