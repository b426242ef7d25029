//! Ollama: a real model server, with a tiny random model and with SmolLM2.

use super::gguf;
use super::ports::lasting;
use super::process::Process;
use super::scratch::Scratch;
use super::wait::succeeds;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::sync::{Mutex, MutexGuard};

/// A random model that has learned nothing; the second name is for embeddings.
pub const TINY: &str = "tiny:latest";
pub const TINY_EMBED: &str = "tiny-nomic";
/// A real small model, SmolLM2-135M-Instruct.
pub const SMOLLM2: &str = "smollm2:135m";

const TINY_FILE: &str = "FROM ./model.gguf\nTEMPLATE \"\"\"{{ .System }} {{ .Prompt }}\"\"\"\n";
/// ChatML, which it was trained with.
const SMOLLM2_FILE: &str = "FROM ./model.gguf\n\
    TEMPLATE \"\"\"{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n\"\"\"\n\
    PARAMETER stop <|im_end|>\n";

/// Models take all processors: one test at a time. Set once the models are made.
static TURN: Mutex<bool> = Mutex::const_new(false);

/// A running server. It ends, with the processes that it started, when dropped.
pub struct Ollama {
    pub address: SocketAddr,
    process: Option<Process>,
    tools: PathBuf,
    files: Scratch,
    _turn: MutexGuard<'static, bool>,
}

impl Ollama {
    /// Starts a server that has the models. `None`, and a line that says so, where AGENTIC_TEST_OLLAMA does not name the directory that
    /// `tests/ollama/build.sh` makes.
    pub async fn start() -> Option<Ollama> {
        let Some(tools) = std::env::var_os("AGENTIC_TEST_OLLAMA").map(PathBuf::from) else {
            println!("skipped: AGENTIC_TEST_OLLAMA is not set; tests/ollama/run sets it");
            return None;
        };
        let mut turn = TURN.lock().await;
        let are_made = std::mem::replace(&mut *turn, true);
        let files = Scratch::new("ollama");
        let mut server = Ollama { address: lasting(), process: None, tools, files, _turn: turn };
        server.restart().await;
        if !are_made {
            let smollm2 = std::fs::read(server.tools.join("SmolLM2-135M-Instruct.Q4_1.gguf")).unwrap();
            server.create(SMOLLM2, &smollm2, SMOLLM2_FILE);
            let tiny = gguf::tiny();
            for name in [TINY, TINY_EMBED] {
                server.create(name, &tiny, TINY_FILE);
            }
        }
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the server again, at the same address.
    pub async fn restart(&mut self) {
        let mut command = self.command();
        command.arg("serve").process_group(0);
        self.process = Some(Process::spawn("ollama", &self.files, command));
        let url = format!("{}/api/version", self.url());
        succeeds("Ollama", async || reqwest::get(&url).await.and_then(reqwest::Response::error_for_status)).await;
    }

    /// Kills the server and the processes that it started.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let group = format!("-{}", process.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            process.kill();
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.tools.join("ollama"));
        let models: &Path = &self.tools.join("models");
        // The key of the server is made in the home directory.
        command.env("HOME", &self.files.0).env("OLLAMA_MODELS", models).env("OLLAMA_HOST", self.address.to_string());
        command.env("OLLAMA_NUM_PARALLEL", "1").env("OLLAMA_NOPRUNE", "1").env_remove("OLLAMA_KEEP_ALIVE");
        command
    }

    fn create(&self, name: &str, model: &[u8], modelfile: &str) {
        std::fs::write(self.files.0.join("model.gguf"), model).unwrap();
        let path = self.files.file("Modelfile", modelfile);
        let made = self.command().current_dir(&self.files.0).args(["create", name, "-f", &path]).output().unwrap();
        assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
    }
}

impl Drop for Ollama {
    fn drop(&mut self) {
        self.kill();
    }
}
