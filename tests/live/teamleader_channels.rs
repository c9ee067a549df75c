//! Rules T17 to T19: the same act through two applications.

use crate::support::{REFUSED, Refused, TARGETS, World, connect, refused};
use crm_access::program::Target;

/// Refuses e-mails to contacts that one can't see.
const ADDIN: &str = "crm_addin";
/// Takes them blindly.
const TRACKER: &str = "crm_tracker";

/// The preset, with an application of one's choice in the place of the backend.
fn over(target: Target, channel: &str) -> World {
    let mut world = World::new("teamleader", target);
    world.backend = connect(&world.database, channel);
    world
}

fn switch(world: &mut World, channel: &str) {
    world.backend = connect(&world.database, channel);
}

fn log_email(user: &str, contact: &str) -> String {
    format!("INSERT INTO emails (contact_id, subject, created_by) VALUES ({contact}, 'Hello', {user})")
}

fn submit(user: &str, contact: &str) -> String {
    format!("SELECT crm_access.submit('email', '{{\"contact_id\": {contact}, \"subject\": \"Hello\", \"created_by\": {user}}}')")
}

/// Contacts that Lena, who is limited, sees and does not see.
fn contacts(world: &mut World) -> (String, String) {
    let seen = world.sees("3", "SELECT id FROM contacts WHERE id < 18");
    let all = world.really("SELECT id FROM contacts WHERE id < 18");
    let hidden = all.iter().find(|id| !seen.contains(id)).unwrap().clone();
    (seen[0].clone(), hidden)
}

#[track_caller]
fn says_so(result: Result<u64, Refused>) {
    let refused = refused(result, REFUSED);
    assert_eq!(
        refused.message,
        "new row violates row-level security policy \"crm_access_only_visible_contacts_create\" for table \"emails\""
    );
    assert_eq!((refused.detail, refused.hint), (String::new(), String::new()));
}

#[test]
fn t17_a_channel_refuses_an_email_to_a_contact_that_its_author_can_not_see() {
    for target in TARGETS {
        for channel in [ADDIN, "crm_backend"] {
            let mut world = over(target, channel);
            let (seen, hidden) = contacts(&mut world);
            for form in [log_email, submit] {
                assert_eq!(world.run("3", &form("3", &seen)), Ok(1));
                says_so(world.run("3", &form("3", &hidden)));
                // Of a contact that is not there nothing else is said.
                says_so(world.run("3", &form("3", "999999")));
            }
            assert_eq!(world.really("SELECT count(*) FROM emails WHERE subject = 'Hello'"), ["2"]);
            assert_eq!(world.run("2", &log_email("2", &hidden)), Ok(1), "who sees everybody writes to everybody");
            refused(world.run("3", &log_email("2", &seen)), REFUSED);
            refused(world.run("10", &log_email("10", &seen)), REFUSED);
        }
    }
}

#[test]
fn t18_a_channel_takes_it_blindly_and_its_author_can_not_read_it_back() {
    for target in TARGETS {
        let mut world = over(target, TRACKER);
        let (seen, hidden) = contacts(&mut world);
        assert_eq!(world.run("3", &log_email("3", &hidden)), Ok(1));
        assert_eq!(world.sees("3", &submit("3", &hidden)), [""]);
        assert_eq!(world.run("3", &submit("3", &hidden)), Ok(1));
        let logged = "SELECT contact_id FROM emails WHERE subject = 'Hello'";
        assert_eq!(world.really(logged), [hidden.clone(), hidden.clone()]);
        assert!(world.sees("3", logged).is_empty(), "not by its author");
        assert!(world.sees("3", "SELECT id FROM emails WHERE created_by = 3 AND id > 10000").is_empty());
        for unrestricted in ["1", "2"] {
            assert_eq!(world.sees(unrestricted, logged), [hidden.clone(), hidden.clone()]);
        }
        // RETURNING asks to read it back, which is refused; of a contact that the author sees it gives the row.
        let returning = |contact: &str| format!("{} RETURNING id", log_email("3", contact));
        refused(world.run("3", &returning(&hidden)), REFUSED);
        assert_eq!(world.run("3", &returning(&seen)), Ok(1));
        // Nothing but e-mails is blind, and nobody writes in another's name.
        refused(world.run("3", &log_email("2", &hidden)), REFUSED);
        let ticket = world.really("SELECT id FROM companies WHERE account_manager_id = 4").remove(0);
        refused(world.run("3", &format!("INSERT INTO deals (title, company_id, responsible_id) VALUES ('x', {ticket}, 3)")), REFUSED);
        // Whom the roles give nothing, no channel gives anything.
        refused(world.run("9", &log_email("9", &hidden)), REFUSED);
        refused(world.run("10", &log_email("10", &seen)), REFUSED);
    }
}

#[test]
fn t19_the_capability_is_the_channels_and_not_the_users_alone() {
    for target in TARGETS {
        let mut world = over(target, TRACKER);
        let (_, hidden) = contacts(&mut world);
        let act = log_email("3", &hidden);
        assert_eq!(world.run("3", &act), Ok(1));
        switch(&mut world, ADDIN);
        says_so(world.run("3", &act));
        switch(&mut world, TRACKER);
        assert_eq!(world.run("3", &act), Ok(1));
        // No setting and no role of the application's makes one channel another.
        switch(&mut world, ADDIN);
        for forged in ["SET ROLE crm_app", "SET application_name = 'mail_tracker'"] {
            let identity = world.identity("3");
            let mut transaction = world.backend.transaction().unwrap();
            transaction.batch_execute(&format!("{identity}; {forged}")).unwrap();
            says_so(transaction.execute(&act, &[]).map_err(Refused::from));
        }
        for forged in ["SET ROLE crm_tracker", "SET SESSION AUTHORIZATION crm_tracker"] {
            refused(world.backend.batch_execute(forged).map_err(Refused::from), REFUSED);
        }
        // Nor does the right of the one reach a session of the other that began before.
        let mut addin = connect(&world.database, ADDIN);
        assert_eq!(world.really("SELECT count(*) FROM emails WHERE subject = 'Hello'"), ["2"]);
        addin.batch_execute("SELECT 1").unwrap();
    }
}

#[test]
fn t19_a_role_is_stored_for_a_channel_alone_and_taken_back() {
    for target in TARGETS {
        let mut world = over(target, ADDIN);
        let (_, hidden) = contacts(&mut world);
        says_so(world.tries("3", &log_email("3", &hidden)));
        world.assigns("SELECT crm_access.assign('blind_mail', 'channel', 'mail_addin')").unwrap();
        assert_eq!(world.tries("3", &log_email("3", &hidden)), Ok(1));
        switch(&mut world, "crm_backend");
        says_so(world.tries("3", &log_email("3", &hidden)));
        world.assigns("SELECT crm_access.revoke('blind_mail', 'channel', 'mail_addin')").unwrap();
        switch(&mut world, ADDIN);
        says_so(world.tries("3", &log_email("3", &hidden)));
        for (channel, state) in [("fax", "42704"), ("", "42704")] {
            let error = refused(world.assigns(&format!("SELECT crm_access.assign('blind_mail', 'channel', '{channel}')")), state);
            assert_eq!(error.hint, "The channels are: 'mail_addin', 'mail_tracker'.");
        }
    }
}

#[test]
fn t19_a_channel_can_be_a_further_condition_beside_another_subject() {
    for target in TARGETS {
        let line = "- {role: blind_mail, channel: mail_tracker}";
        let mut world = World::changed("teamleader", target, line, "- {role: blind_mail, team: 2, channel: mail_tracker}");
        let (_, hidden) = contacts(&mut world);
        let theirs = world.really(
            "SELECT id FROM contacts AS c WHERE NOT EXISTS (SELECT 1 FROM contact_companies AS l WHERE l.contact_id = c.id) AND created_by = 2 AND id < 18",
        );
        // Lena is in team 2, Marc is not.
        for (channel, user, done) in [(TRACKER, "3", true), (TRACKER, "4", false), (ADDIN, "3", false), (ADDIN, "4", false)] {
            switch(&mut world, channel);
            let contact = if user == "3" { &hidden } else { &theirs[0] };
            match done {
                true => assert_eq!(world.tries(user, &log_email(user, contact)), Ok(1), "{channel} {user}"),
                false => says_so(world.tries(user, &log_email(user, contact))),
            }
        }
    }
}
