use super::*;

#[track_caller]
fn check(command: &[&str], expected: &[&str]) {
    let mut redactor = Redactor::new(command[0]);
    let shown: Vec<_> = command[1..].iter().map(|arg| redactor.next(arg)).collect();
    assert_eq!(shown, expected, "{command:?}");
}

#[test]
fn secrets_with_a_name_are_hidden() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["x", "--password=a b;c&d"], &["--password=***"]),
        (&["x", "--db_password", "s3cret"], &["--db_password", "***"]),
        (&["x", "--token", "-a1", "y"], &["--token", "***", "y"]),
        (&["x", "-token=abc"], &["-token=***"]),
        (
            &["x", "--password==a", "PASSWORD==a b=c"],
            &["--password=***", "PASSWORD=***"],
        ),
        (
            &["env", "AWS_SECRET_ACCESS_KEY=a", "x"],
            &["AWS_SECRET_ACCESS_KEY=***", "x"],
        ),
        (
            &["curl", "--oauth2-bearer", "a", "y"],
            &["--oauth2-bearer", "***", "y"],
        ),
        (
            &["openssl", "-passin", "pass:a b"],
            &["-passin", "pass:***"],
        ),
        (
            &["x", "--api-key", "k", "--apiKey=k"],
            &["--api-key", "***", "--apiKey=***"],
        ),
        (&["x", "--client-secret=k"], &["--client-secret=***"]),
        (&["x", "--authToken=k"], &["--authToken=***"]),
        (
            &["env", "PGPASSWORD=x y", "psql"],
            &["PGPASSWORD=***", "psql"],
        ),
        (
            &["docker", "-e", "GITHUB_TOKEN=abc"],
            &["-e", "GITHUB_TOKEN=***"],
        ),
        (&["java", "-Ddb.password=x"], &["-Ddb.password=***"]),
        (
            &["sh", "-c", "login --token abc --name n"],
            &["-c", "login --token *** --name n"],
        ),
        (
            &["sh", "-c", "A=1 SSHPASS='a b' run"],
            &["-c", "A=1 SSHPASS='***' run"],
        ),
    ];
    cases
        .iter()
        .for_each(|(command, expected)| check(command, expected));
}

#[test]
fn secrets_of_single_programs_are_hidden() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["/usr/bin/mysql", "-uroot", "-pSECRET", "-p"],
            &["-uroot", "-p***", "-p"],
        ),
        (&["mariadb-dump", "-pS", "db"], &["-p***", "db"]),
        (&["sudo", "mysqladmin", "-pS"], &["mysqladmin", "-p***"]),
        (
            &["sh", "-c", "cd x; mysql -pS3 db | cp -pr a b"],
            &["-c", "cd x; mysql -p*** db | cp -pr a b"],
        ),
        (
            &["curl", "-u", "me:pw:x", "-uyou:pw"],
            &["-u", "me:***", "-uyou:***"],
        ),
        (
            &["curl", "--user", "me:pw", "-u", "me"],
            &["--user", "me:***", "-u", "me"],
        ),
        (
            &["sshpass", "-p", "pw", "ssh", "-p", "22"],
            &["-p", "***", "ssh", "-p", "***"],
        ),
        (&["sshpass", "-ppw", "ssh"], &["-p***", "ssh"]),
        (&["redis-cli", "-a", "pw", "get"], &["-a", "***", "get"]),
    ];
    cases
        .iter()
        .for_each(|(command, expected)| check(command, expected));
}

#[test]
fn secrets_are_known_by_their_form() {
    let long = "a1B2".repeat(10);
    let cases = [
        (format!("x ghp_{long} y"), "x *** y"),
        (format!("gho_{long}"), "***"),
        (format!("github_pat_{long}"), "***"),
        (format!("key:sk-{long}"), "key:***"),
        (format!("sk-proj-{long}."), "***."),
        ("(AKIAIOSFODNN7EXAMPLE)".to_owned(), "(***)"),
        ("xoxb-123456789012-abc".to_owned(), "***"),
        (
            format!("t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{long}!"),
            "t=***!",
        ),
        (
            format!("-----BEGIN RSA PRIVATE KEY-----\n{long}\n-----END RSA PRIVATE KEY-----\nz"),
            "***\nz",
        ),
        (format!("-----BEGIN PRIVATE KEY-----\n{long}"), "***"),
        (format!("curl -H 'Bearer {long}'"), "curl -H 'Bearer ***'"),
        (
            "Authorization: Basic dXNlcg==".to_owned(),
            "Authorization: ***",
        ),
        (
            "-H \"authorization: Bearer x\" y".to_owned(),
            "-H \"authorization: ***\" y",
        ),
        ("X-Api-Key:abc\nX: y".to_owned(), "X-Api-Key:***\nX: y"),
        (
            "https://user:p%40ss@host:80/a@b".to_owned(),
            "https://user:***@host:80/a@b",
        ),
        (
            "postgres://u:p@h/db?sslmode=off".to_owned(),
            "postgres://u:***@h/db?sslmode=off",
        ),
        ("redis://:p@h".to_owned(), "redis://:***@h"),
        (
            "host=h password=a,b user=u".to_owned(),
            "host=h password=*** user=u",
        ),
        (
            "Server=h;Uid=u;Pwd=x;Db=d".to_owned(),
            "Server=h;Uid=u;Pwd=***;Db=d",
        ),
        ("password=x host=h".to_owned(), "password=*** host=h"),
        (
            "https://h/?access_token=x&b=1".to_owned(),
            "https://h/?access_token=***&b=1",
        ),
        (
            r#"{"password": "a\"b", "n": 1}"#.to_owned(),
            r#"{"password": "***", "n": 1}"#,
        ),
        (
            r#"{"pin_token":5, "n": 1}"#.to_owned(),
            r#"{"pin_token":***"#,
        ),
        (
            r#"curl -d "{\"token\":\"x\",\"n\":1}""#.to_owned(),
            r#"curl -d "{\"token\":\"***\",\"n\":1}""#,
        ),
    ];
    for (text, expected) in cases {
        let shown = redacted(&text);
        assert!(shown.starts_with(expected), "{text}: {shown}");
        assert!(!shown.contains(&long), "{text}: {shown}");
    }
}

#[test]
fn harmless_text_stays_as_it_is() {
    let commands: &[&[&str]] = &[
        &[
            "git",
            "commit",
            "-m",
            "fix: the token is a secret, password: none",
        ],
        &["git", "push", "ssh://git@host:22/x", "https://host/a:b@c"],
        &[
            "grep",
            "-p",
            "token",
            "--max-tokens=5",
            "--token-file=/run/t",
            "--password-stdin",
        ],
        &[
            "x",
            "--no-password",
            "me",
            "--password",
            "--verbose",
            "--token",
            "",
        ],
        &["find", ".", "-name", "mysql", "-print"],
        &[
            "sh",
            "-c",
            "find . -name mysql -print; test a == b && echo $PWD PWD=/x bypass=1",
        ],
        &[
            "x",
            "task-1234567890123456789012345",
            "sk-learn-contrib-extra-package",
            "AKIA12",
        ],
        &[
            "x",
            "pass",
            "-----BEGIN",
            "eyJ",
            "eyJ.x",
            "a.b.c",
            "Bearer me",
            "über=größe",
            "",
        ],
        &["cp", "-pr", "a", "b"],
        &["ssh", "-p", "22", "host", "-u", "a:b"],
        &[
            "x",
            "--password=",
            "token=",
            "authorization:",
            "://",
            "://@",
            "--author=a <b@c>",
        ],
        &[
            "test",
            "token",
            "==",
            "x",
            "token==x",
            "pass: all",
            "x pass:y",
        ],
    ];
    for command in commands {
        check(command, &command[1..]);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_redacted(text in "([-=:\"'\\\\ a-zé@/]|--token|password|mysql|://|eyJ|-----BEGIN |Bearer ){0,30}") {
        let _ = redacted(&text);
        for program in ["curl", "mysql", "sudo", "x"] {
            let mut redactor = Redactor::new(program);
            text.split(' ').for_each(|arg| drop(redactor.next(arg)));
        }
    }
}
