//! Approvals: each is decided once, used as far as it goes, and holds for nothing else.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use ringfence_state::{
    ApprovalError, ApprovalKey, ApprovalQuestion, ApprovalState, Asker, Asking, Extent, Given,
    OPEN_MAX, State,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_mins(10);

const ONCE: Given = Given {
    extent: Extent::Once,
    any_arguments: false,
};

const FOR_A_WHILE: Given = Given {
    extent: Extent::For(PATIENCE),
    any_arguments: false,
};

fn state() -> (TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let state = State::lazily(folder.path().join("state"));
    (folder, state)
}

fn question(number: u8) -> ApprovalQuestion {
    ApprovalQuestion {
        key: ApprovalKey {
            tenant: "acme".parse().unwrap(),
            principal: "ann".into(),
            client: "tests".into(),
            binding: [1; 32],
            arguments: [number; 32],
        },
        asker: Asker {
            call: "c-2".into(),
            request: "7".into(),
            parent: Some("c-1".into()),
            maker: Some("calls_call".into()),
        },
        tool: "files_write".into(),
        digest: "sha256:0".into(),
        capabilities: vec!["fs.write=/srv:/srv".into(), "net=https://a.example".into()],
        dangerous: 1,
        more: 7,
        shown: "{}".into(),
    }
}

async fn ask(state: &State, id: &str, question: &ApprovalQuestion) -> (String, bool) {
    let asked = state.approvals().ask(id, question, PATIENCE).await;
    match asked.unwrap() {
        Asking::New(id) => (id, true),
        Asking::Open(id) | Asking::Refused(id) => (id, false),
    }
}

#[tokio::test]
async fn what_is_asked_is_kept_as_it_was_and_asked_once() {
    let (folder, state) = state();
    let question = question(1);
    assert_eq!(ask(&state, "a", &question).await, ("a".to_owned(), true));
    assert_eq!(ask(&state, "b", &question).await, ("a".to_owned(), false));
    // Another process finds it.
    let other = State::lazily(folder.path().join("state"));
    let found = other.approvals().find("a").await.unwrap().unwrap();
    assert_eq!(found.question, question);
    assert_eq!(found.state, ApprovalState::Asked);
    assert_eq!((found.by, found.extent, found.decided), (None, None, None));
    assert!(other.approvals().find("b").await.unwrap().is_none());
    // Nobody has said yes.
    assert_eq!(state.approvals().take(&question.key).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_approved_of_before_answers_were_bound_to_all_has_ended() {
    let (folder, old) = state();
    for (id, number) in [("asked", 1), ("given", 2), ("refused", 3)] {
        ask(&old, id, &question(number)).await;
    }
    let for_ever = Given {
        extent: Extent::Unchanged,
        any_arguments: true,
    };
    let approvals = old.approvals();
    approvals
        .answer("given", Some(for_ever), "bob")
        .await
        .unwrap();
    approvals.refuse("refused", "bob", PATIENCE).await.unwrap();
    drop(old);
    // As the version before left it.
    let file = folder.path().join("state/state.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for statement in [
        "DELETE FROM schema_version WHERE version > 3",
        "ALTER TABLE approval DROP COLUMN dangerous",
        "ALTER TABLE approval DROP COLUMN more",
        "ALTER TABLE approval DROP COLUMN maker",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;

    let state = State::lazily(folder.path().join("state"));
    let approvals = state.approvals();
    assert_eq!(approvals.take(&question(2).key).await.unwrap(), None);
    let (_, is_new) = ask(&state, "anew", &question(3)).await;
    assert!(is_new, "a no is no answer to more either");
    let mut ended: Vec<_> = approvals.expire().await.unwrap();
    ended.sort_by(|one, other| one.id.cmp(&other.id));
    let ended: Vec<_> = ended
        .iter()
        .map(|entry| (&*entry.id, entry.state))
        .collect();
    assert_eq!(
        ended,
        [
            ("asked", ApprovalState::Expired),
            ("given", ApprovalState::Expired)
        ]
    );
    let left = approvals.list(None, false).await.unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn a_yes_holds_for_its_key_alone() {
    let (_folder, state) = state();
    let question = question(1);
    ask(&state, "a", &question).await;
    let approvals = state.approvals();
    let given = approvals
        .answer("a", Some(FOR_A_WHILE), "bob")
        .await
        .unwrap();
    assert_eq!(given.state, ApprovalState::Given);
    assert_eq!(
        (given.by.as_deref(), given.extent.as_deref()),
        (Some("bob"), Some("until"))
    );
    let key = question.key;
    let others = [
        ApprovalKey {
            tenant: "other".parse().unwrap(),
            ..key.clone()
        },
        ApprovalKey {
            principal: "eve".into(),
            ..key.clone()
        },
        ApprovalKey {
            client: "other".into(),
            ..key.clone()
        },
        ApprovalKey {
            binding: [2; 32],
            ..key.clone()
        },
        ApprovalKey {
            arguments: [2; 32],
            ..key.clone()
        },
    ];
    for other in &others {
        assert_eq!(approvals.take(other).await.unwrap(), None, "{other:?}");
    }
    for _ in 0..3 {
        assert_eq!(approvals.take(&key).await.unwrap().as_deref(), Some("a"));
    }
    approvals.revoke("a", "bob").await.unwrap();
    assert_eq!(approvals.take(&key).await.unwrap(), None);
    let revoked = approvals.revoked(&["a".to_owned(), "b".to_owned()]).await;
    assert_eq!(revoked.unwrap(), ["a"]);
}

#[tokio::test]
async fn any_arguments_are_still_of_one_caller_and_one_tool() {
    let (_folder, state) = state();
    let question = question(1);
    ask(&state, "a", &question).await;
    let given = Given {
        extent: Extent::Unchanged,
        any_arguments: true,
    };
    let approvals = state.approvals();
    approvals.answer("a", Some(given), "bob").await.unwrap();
    let key = ApprovalKey {
        arguments: [9; 32],
        ..question.key
    };
    assert_eq!(approvals.take(&key).await.unwrap().as_deref(), Some("a"));
    let changed = ApprovalKey {
        binding: [2; 32],
        ..key
    };
    assert_eq!(approvals.take(&changed).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_one_yes_one_has_it() {
    let (folder, state) = state();
    let question = question(1);
    ask(&state, "a", &question).await;
    state
        .approvals()
        .answer("a", Some(ONCE), "bob")
        .await
        .unwrap();
    let takers = (0..16).map(|number| {
        // Half of them in another process, as far as the database can tell.
        let state = match number % 2 {
            0 => state.clone(),
            _ => State::lazily(folder.path().join("state")),
        };
        let key = question.key.clone();
        tokio::spawn(async move { state.approvals().take(&key).await.unwrap() })
    });
    let mut had = 0;
    for taker in takers.collect::<Vec<_>>() {
        had += usize::from(taker.await.unwrap().is_some());
    }
    assert_eq!(had, 1);
    let found = state.approvals().find("a").await.unwrap().unwrap();
    assert_eq!(found.state, ApprovalState::Used);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_answer_at_once_one_decides() {
    let (_folder, state) = state();
    ask(&state, "a", &question(1)).await;
    let answers = [Some(ONCE), None].map(|given| {
        let state = state.clone();
        tokio::spawn(async move { state.approvals().answer("a", given, "bob").await.is_ok() })
    });
    let mut decided = 0;
    for answer in answers {
        decided += usize::from(answer.await.unwrap());
    }
    assert_eq!(decided, 1);
    let again = state.approvals().answer("a", Some(ONCE), "eve").await;
    assert!(
        matches!(again, Err(ApprovalError::Settled { .. })),
        "{again:?}"
    );
    let unknown = state.approvals().answer("b", Some(ONCE), "eve").await;
    assert!(
        matches!(unknown, Err(ApprovalError::Unknown(_))),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn what_is_past_its_time_is_worth_nothing_and_told_once() {
    let (_folder, state) = state();
    let (late, brief) = (question(1), question(2));
    let approvals = state.approvals();
    approvals.ask("late", &late, Duration::ZERO).await.unwrap();
    ask(&state, "brief", &brief).await;
    let given = Given {
        extent: Extent::For(Duration::ZERO),
        any_arguments: false,
    };
    approvals.answer("brief", Some(given), "bob").await.unwrap();
    // Before anybody has looked: the time is over all the same.
    let answered = approvals.answer("late", Some(ONCE), "bob").await;
    let Err(ApprovalError::Settled { found, .. }) = answered else {
        panic!("{answered:?}")
    };
    assert_eq!(found.state, ApprovalState::Expired);
    assert_eq!(approvals.take(&brief.key).await.unwrap(), None);
    assert!(approvals.list(None, false).await.unwrap().is_empty());
    // The same question can be asked again.
    assert!(ask(&state, "again", &late).await.1);

    let mut ended: Vec<_> = approvals.expire().await.unwrap();
    ended.sort_by(|one, other| one.id.cmp(&other.id));
    let ended: Vec<_> = ended.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ended, ["brief", "late"]);
    assert!(approvals.expire().await.unwrap().is_empty());
    let again = approvals.revoke("brief", "bob").await;
    assert!(
        matches!(again, Err(ApprovalError::Settled { .. })),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_no_holds_for_its_time_or_until_it_is_taken_back() {
    let (_folder, state) = state();
    let (question, other) = (question(1), question(2));
    let approvals = state.approvals();
    let asked = async |id: &str| approvals.ask(id, &question, PATIENCE).await.unwrap();
    let refused = |id: &str| Asking::Refused(id.to_owned());

    // No to those who ask now: the next is asked about.
    ask(&state, "now", &question).await;
    let entry = approvals.answer("now", None, "ann").await.unwrap();
    assert!(!entry.is_standing_refusal());
    let kept = approvals.answer("now", Some(ONCE), "bob").await;
    assert!(
        matches!(kept, Err(ApprovalError::Settled { .. })),
        "{kept:?}"
    );
    // No for a time that is over.
    assert_eq!(asked("over").await, Asking::New("over".into()));
    approvals
        .refuse("over", "bob", Duration::ZERO)
        .await
        .unwrap();
    // No for a time.
    assert_eq!(asked("a").await, Asking::New("a".into()));
    let entry = approvals.refuse("a", "bob", PATIENCE).await.unwrap();
    assert_eq!(entry.state, ApprovalState::Refused);
    assert!(entry.is_standing_refusal());
    assert_eq!(asked("b").await, refused("a"));
    let listed = approvals.list(None, false).await.unwrap();
    assert_eq!(listed, [entry]);
    // A yes to any arguments is none to those that were said no to.
    ask(&state, "any", &other).await;
    let any = Given {
        extent: Extent::Unchanged,
        any_arguments: true,
    };
    approvals.answer("any", Some(any), "bob").await.unwrap();
    assert_eq!(approvals.take(&question.key).await.unwrap(), None);
    let taken = approvals.take(&other.key).await.unwrap();
    assert_eq!(taken.as_deref(), Some("any"));
    // A yes takes its place.
    approvals
        .answer("a", Some(FOR_A_WHILE), "eve")
        .await
        .unwrap();
    assert!(approvals.take(&question.key).await.unwrap().is_some());
    approvals.revoke("a", "bob").await.unwrap();
    approvals.revoke("any", "bob").await.unwrap();
    // Taken back, it is no more.
    assert_eq!(asked("c").await, Asking::New("c".into()));
    approvals.refuse("c", "bob", PATIENCE).await.unwrap();
    assert_eq!(asked("d").await, refused("c"));
    approvals.revoke("c", "bob").await.unwrap();
    assert_eq!(asked("d").await, Asking::New("d".into()));
}

#[tokio::test]
async fn what_is_settled_says_when_and_by_whom() {
    let (_folder, state) = state();
    let approvals = state.approvals();
    let why = async |id: &str| {
        let again = approvals.refuse(id, "eve", PATIENCE).await;
        again.unwrap_err().to_string()
    };
    ask(&state, "a", &question(1)).await;
    approvals
        .answer("a", Some(ONCE), "bob\u{1b}[2J")
        .await
        .unwrap();
    approvals.take(&question(1).key).await.unwrap();
    let used = why("a").await;
    for part in [
        "`a` is used already",
        "approved",
        "ago by bob\\u{1b}",
        "used",
        "by acme/ann",
    ] {
        assert!(used.contains(part), "`{part}` is not in: {used}");
    }
    ask(&state, "b", &question(2)).await;
    approvals.refuse("b", "bob", PATIENCE).await.unwrap();
    let refused = why("b").await;
    for part in ["`b` is refused already", "denied", "ago by bob"] {
        assert!(refused.contains(part), "`{part}` is not in: {refused}");
    }
}

#[tokio::test]
async fn one_principal_cannot_ask_without_end() {
    let (_folder, state) = state();
    let last = u8::try_from(OPEN_MAX).unwrap();
    for number in 0..last {
        ask(&state, &number.to_string(), &question(number)).await;
    }
    let more = state
        .approvals()
        .ask("more", &question(last), PATIENCE)
        .await;
    assert!(matches!(more, Err(ApprovalError::TooMany)), "{more:?}");
    // Somebody else still can.
    let mut other = question(last);
    other.key.principal = "eve".into();
    ask(&state, "other", &other).await;
    // One answer makes room for one.
    state.approvals().answer("0", None, "bob").await.unwrap();
    ask(&state, "more", &question(last)).await;
    let listed = state.approvals().list(None, false).await.unwrap();
    assert_eq!(listed.len(), usize::from(last) + 1);
    let of_nobody = state
        .approvals()
        .list(Some(&"other".parse().unwrap()), true)
        .await;
    assert!(of_nobody.unwrap().is_empty());
}
