//! Scripts that run programs: what they may run is granted, ruled, or asked about.

use shape_embed::{
    Answer, Approver, CancelToken, Engine, ProcessGrant, Programs, Question, RuleSet,
};
use std::error::Error;
use std::sync::{Arc, Mutex};

/// Allows `date` alone, and keeps what it was asked.
#[derive(Default)]
struct Clerk {
    questions: Mutex<Vec<String>>,
}

impl Approver for Clerk {
    fn ask(&self, question: &Question<'_>, _: Option<&CancelToken>) -> Answer {
        let program = question.program().to_string_lossy().into_owned();
        let answer = match &*program {
            "date" => Answer::Yes,
            _ => Answer::No,
        };
        if let Ok(mut questions) = self.questions.lock() {
            questions.push(program);
        }
        answer
    }

    fn name(&self) -> &str {
        "clerk"
    }
}

const SCRIPT: &str = r#"
fn attempt(cmd, args) {
    match try io.exec(cmd, args, { timeout: 10s }) {
        Ok(done) => f"{cmd}: {done.stdout.trim()}",
        Err(e) => f"{cmd}: {e.kind}",
    }
}
[
    attempt("echo", ["hello"]),
    attempt("date", ["-u", "-d", "@0", "+%Y"]),
    attempt("sort", ["/dev/null"]),
    attempt("rm", ["-rf", "/"]),
    attempt("no-such-program", []),
].join("\n")
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let clerk = Arc::new(Clerk::default());
    let engine = Engine::builder()
        .grant(ProcessGrant::none().allow_programs(Programs::allow_list("echo,rm")?))
        // The rules that come with Shape, and one more; what rules deny stays denied.
        .rules(RuleSet::builder().builtin().deny("rm").build()?)
        .approver(clerk.clone())
        .build()?;
    let script = engine.compile("commands.shape", SCRIPT)?;
    println!("{}", script.run_as::<String>()?);
    if let Ok(questions) = clerk.questions.lock() {
        println!("asked about {}", questions.join(", "));
    }

    // Without a grant such a script does not even compile.
    if let Err(error) = Engine::new()?.compile("exec.shape", "io.exec(\"echo\")") {
        println!("{error}");
    }
    Ok(())
}
