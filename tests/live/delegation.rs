//! Delegation: somebody covers for a colleague, with what that colleague has and for as long as it lasts.

use crate::language::{BY_COLUMN, DOCS, Parts};
use crate::support::{REFUSED, Refused, TARGETS, World, refused};
use crm_access::apply::prepare;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};

const RULES: &str = "
roles:
  seller: {grants: {doc: {read: own, update: own, create: all, delete: own, assign: own, share: own}}}
  viewer: {grants: {doc: {read: created}}}
  chief:
    includes: seller
    administers: {assign: all, revoke: all}
restrictions:
  narrow: {entities: {doc: [own, created]}, others: as_granted}
delegation: {roles: [seller, viewer], for_others: chief, days: 30}
";

/// Users 1 and 2 are sellers, 3 and 11 (who is not active) viewers, 4 is a chief, 5 has no role.
fn world(target: Target) -> World {
    let mut world = Parts { rest: &format!("{RULES}{BY_COLUMN}"), ..Parts::default() }.world(target);
    let roles = "(1, 'seller'), (2, 'seller'), (3, 'viewer'), (11, 'viewer'), (4, 'chief')";
    world.force(&format!("UPDATE users AS u SET role = r.role FROM (VALUES {roles}) AS r(id, role) WHERE r.id = u.id"));
    world
}

const IDS: &str = "SELECT id FROM docs";
/// What user 1 owns.
const OF_ONE: &str = "SELECT id FROM docs WHERE 1 IN (first_owner, second_owner)";

fn delegate(world: &mut World, user: &str, arguments: &str) -> Result<(), Refused> {
    world.run(user, &format!("SELECT crm_access.delegate({arguments})")).map(drop)
}

/// What a user sees who first says for whom they act, in the same transaction.
fn sees_for(world: &mut World, user: &str, other: &str, query: &str) -> Result<Vec<String>, Refused> {
    let acting = format!("crm_access.act_on_behalf_of({other})");
    world
        .try_sees(user, &format!("SELECT 'acting' FROM {acting}; {query}"))
        .map(|rows| rows.into_iter().filter(|row| row != "acting").collect())
}

#[test]
fn a_delegate_has_exactly_the_rights_of_the_delegator_while_acting_for_them_and_their_own_else() {
    for target in TARGETS {
        let mut world = world(target);
        let (mine, theirs) = (world.sees("3", IDS), world.really(OF_ONE));
        assert!(!mine.is_empty() && !theirs.is_empty() && mine != theirs);
        delegate(&mut world, "1", "3, now() + interval '7 days', reason => 'vacation'").unwrap();
        assert_eq!(sees_for(&mut world, "3", "1", IDS).unwrap(), theirs);
        assert_eq!(world.sees("3", IDS), mine);
        assert_eq!(
            sees_for(&mut world, "3", "1", "SELECT 'acting' FROM crm_access.act_on_behalf_of(NULL); SELECT id FROM docs").unwrap(),
            mine
        );
        assert_eq!(sees_for(&mut world, "3", "'1'", "SELECT crm_access.current_user_key()").unwrap(), ["1"]);
        // What the delegator may no longer do the delegate can't either.
        let renamed = |world: &mut World| sees_for(world, "3", "1", "UPDATE docs SET title = 'x' RETURNING id").unwrap();
        assert_eq!(renamed(&mut world), theirs);
        world.force("UPDATE users SET role = 'viewer' WHERE id = 1");
        assert_eq!(renamed(&mut world), Vec::<String>::new());
        world.force("UPDATE users SET role = NULL WHERE id = 1");
        assert_eq!(sees_for(&mut world, "3", "1", IDS).unwrap(), Vec::<String>::new());
        let told = "SELECT concat_ws(' ', delegator, delegate, reason, in_force, ends_at > now() + interval '6 days') FROM crm_access.delegations()";
        assert_eq!(world.sees("3", told), ["1 3 vacation t t"]);
        assert_eq!(world.sees("2", told), Vec::<String>::new());
        assert_eq!(world.sees("4", told), ["1 3 vacation t t"]);
    }
}

#[test]
fn a_restriction_of_the_delegator_narrows_the_delegate_too() {
    for target in TARGETS {
        let mut world = world(target);
        world.assigns("SELECT crm_access.assign('viewer', 'user', '1'); SELECT crm_access.restrict('narrow', 'user', '1')").unwrap();
        let expected = world.sees("1", IDS);
        delegate(&mut world, "1", "3, now() + interval '1 day'").unwrap();
        assert_eq!(sees_for(&mut world, "3", "1", IDS).unwrap(), expected);
    }
}

#[test]
fn nobody_acts_for_anybody_without_a_delegation_in_force() {
    for target in TARGETS {
        let mut world = world(target);
        let none = |world: &mut World, user: &str, other: &str| {
            let error = refused(sees_for(world, user, other, IDS), REFUSED);
            assert!(error.message.contains("nobody who asks here acts for user"), "{error:?}");
            // Past the function that says so: the policies find out themselves.
            let asked = format!("SET LOCAL crm_access.on_behalf_of = '{}'; {IDS}", other.replace('\'', ""));
            assert_eq!(world.sees(user, &asked), Vec::<String>::new());
        };
        for other in ["1", "3", "11", "99", "'x'", "'1 '", "'01'"] {
            none(&mut world, "3", other);
        }
        let between = |from: &str, until: &str| {
            format!(
                "DELETE FROM crm_access.delegation; INSERT INTO crm_access.delegation (delegator, delegate, starts_at, ends_at) VALUES ('1', '3', {from}, {until})"
            )
        };
        for (from, until) in
            [("now() - interval '2 days'", "now() - interval '1 day'"), ("now() + interval '1 day'", "now() + interval '2 days'")]
        {
            world.force(&between(from, until));
            none(&mut world, "3", "1");
        }
        world.force(&between("'-infinity'", "'infinity'"));
        assert_eq!(sees_for(&mut world, "3", "1", IDS).unwrap(), world.really(OF_ONE));
        // Neither the other way round nor through a third.
        none(&mut world, "1", "3");
        world.force(
            "INSERT INTO crm_access.delegation (delegator, delegate, starts_at, ends_at) VALUES ('3', '2', '-infinity', 'infinity')",
        );
        none(&mut world, "2", "1");
        let twice = "SELECT crm_access.act_on_behalf_of(3); SELECT crm_access.act_on_behalf_of(1)";
        refused(world.try_sees("2", twice), REFUSED);
        // Both must be active users.
        world.force("UPDATE users SET active = NULL WHERE id = 1");
        none(&mut world, "3", "1");
        world.force("UPDATE users SET active = true WHERE id = 1; UPDATE crm_access.delegation SET delegate = '11' WHERE delegator = '1'");
        match target {
            Target::Extension => drop(refused(sees_for(&mut world, "11", "1", IDS), "28000")),
            Target::Portable => none(&mut world, "11", "1"),
        }
    }
}

#[test]
fn rights_of_others_are_not_passed_on() {
    for target in TARGETS {
        let mut world = world(target);
        for (giver, taker) in [("1", "3"), ("4", "3")] {
            delegate(&mut world, giver, &format!("{taker}, now() + interval '7 days'")).unwrap();
        }
        let mine = world.really(OF_ONE).remove(0);
        for (other, command) in [
            ("1", "SELECT crm_access.delegate(5, now() + interval '1 day')".to_owned()),
            ("4", "SELECT crm_access.delegate(5, now() + interval '1 day', from_user => 2)".to_owned()),
            ("4", "SELECT crm_access.assign('chief', 'user', '3')".to_owned()),
            ("1", format!("SELECT crm_access.share('doc', '{mine}', 'user', '3')")),
            ("4", "SELECT crm_access.end_delegation(1)".to_owned()),
        ] {
            let error = refused(world.run_all("3", &format!("SELECT crm_access.act_on_behalf_of({other}); {command}")), REFUSED);
            assert_eq!(error.message, format!("user 3 acts for user {other}, and rights of others are not passed on"), "{command}");
            assert!(error.hint.contains("act_on_behalf_of(NULL)"));
        }
        // Those whose rights they are may do each.
        world.run("4", "SELECT crm_access.assign('viewer', 'user', '5')").unwrap();
        world.run("1", &format!("SELECT crm_access.share('doc', '{mine}', 'user', '3')")).unwrap();
        assert_eq!(world.really("SELECT delegator || delegate FROM crm_access.delegation ORDER BY 1"), ["13", "43"]);
    }
}

#[test]
fn both_users_and_whoever_may_for_others_end_a_delegation_and_nobody_else() {
    for target in TARGETS {
        let mut world = world(target);
        for user in ["1", "3", "4"] {
            delegate(&mut world, "1", "3, now() + interval '7 days'").unwrap();
            let id = world.really("SELECT id FROM crm_access.delegation").remove(0);
            let end = format!("SELECT crm_access.end_delegation({id})");
            assert_eq!(world.sees("2", &end), ["f"]);
            assert_eq!(world.sees("5", &end), ["f"]);
            assert_eq!(sees_for(&mut world, "3", "1", IDS).unwrap(), world.really(OF_ONE));
            world.run(user, &end).unwrap();
            assert_eq!(world.sees(user, &end), ["f"]);
            refused(sees_for(&mut world, "3", "1", IDS), REFUSED);
        }
        let log = "SELECT concat_ws(' ', row_number() OVER (ORDER BY at), actor, action, detail ->> 'from', detail ->> 'to') FROM crm_access.log WHERE actor IS NOT NULL";
        let ended = [
            "1 1 delegate 1 3",
            "2 1 end_delegation 1 3",
            "3 1 delegate 1 3",
            "4 3 end_delegation 1 3",
            "5 1 delegate 1 3",
            "6 4 end_delegation 1 3",
        ];
        assert_eq!(world.really(log), ended);
    }
}

#[test]
fn a_delegation_that_may_not_be_is_refused_with_the_reason() {
    for target in TARGETS {
        let mut world = world(target);
        let soon = "now() + interval '1 day'";
        for (user, arguments, state, message) in [
            ("5", format!("3, {soon}"), REFUSED, "user 5 may not have others act for them"),
            ("1", format!("3, {soon}, from_user => 2"), REFUSED, "user 1 may not have others act for user \"2\""),
            ("1", format!("3, {soon}, from_user => 99"), REFUSED, "user 1 may not have others act for user \"99\""),
            ("4", format!("4, {soon}, from_user => 1"), REFUSED, "user 4 would give themselves the rights of user 1"),
            ("4", format!("3, {soon}, from_user => 99"), "22023", "user \"3\" can't act for user \"99\""),
            ("1", format!("1, {soon}"), "22023", "user \"1\" can't act for user \"1\""),
            ("1", format!("11, {soon}"), "22023", "user \"11\" can't act for user \"1\""),
            ("1", format!("'x', {soon}"), "22023", "user \"x\" can't act for user \"1\""),
            ("1", "3, NULL".to_owned(), "22023", "a delegation needs an end that is to come, after its beginning"),
            ("1", "3, now() - interval '1 s'".to_owned(), "22023", "a delegation needs an end that is to come, after its beginning"),
            (
                "1",
                format!("3, {soon}, now() + interval '2 days'"),
                "22023",
                "a delegation needs an end that is to come, after its beginning",
            ),
            ("1", "3, now() + interval '31 days'".to_owned(), "22023", "a delegation lasts 30 days at most"),
            ("1", "3, 'infinity'".to_owned(), "22023", "a delegation lasts 30 days at most"),
        ] {
            let error = refused(delegate(&mut world, user, &arguments), state);
            assert_eq!(error.message, message, "{arguments}");
        }
        assert_eq!(world.really("SELECT 1 FROM crm_access.delegation"), Vec::<String>::new());
        delegate(&mut world, "4", &format!("3, {soon}, from_user => 1")).unwrap();
        assert_eq!(sees_for(&mut world, "3", "1", IDS).unwrap(), world.really(OF_ONE));
    }
}

#[test]
fn what_a_delegate_hands_over_is_logged_with_both_names() {
    for target in TARGETS {
        let mut world = world(target);
        delegate(&mut world, "1", "3, now() + interval '7 days'").unwrap();
        let mine = world.really(OF_ONE).remove(0);
        world.run_all("3", &format!("SELECT crm_access.act_on_behalf_of(1); SELECT crm_access.assign_record('doc', {mine}, 2)")).unwrap();
        let log = "SELECT concat_ws(' ', actor, delegate, action, record_key) FROM crm_access.log WHERE action = 'assign'";
        assert_eq!(world.really(log), [format!("1 3 assign {mine}")]);
    }
}

#[test]
fn acting_for_another_ends_with_the_transaction_and_a_left_over_setting_gives_nobody_anything() {
    for target in TARGETS {
        let mut world = world(target);
        delegate(&mut world, "1", "3, now() + interval '7 days'").unwrap();
        let (second, third) = (world.sees("2", IDS), world.sees("3", IDS));
        world.run("3", "SELECT crm_access.act_on_behalf_of(1)").unwrap();
        assert_eq!(world.sees("3", IDS), third);
        assert_eq!(world.sees("2", IDS), second);
        // A plain SET lasts as long as the connection; whoever comes next on it is refused everything, not given the rights of user 1.
        let left_over = format!("SET LOCAL crm_access.on_behalf_of = '1'; {IDS}");
        assert_eq!(world.sees("2", &left_over), Vec::<String>::new());
        assert_eq!(world.sees("1", &left_over), Vec::<String>::new());
    }
}

#[test]
fn without_the_key_nobody_acts_for_others() {
    for target in TARGETS {
        let rest = format!("roles:\n  seller: {{grants: {{doc: {{read: own}}}}}}\n{BY_COLUMN}");
        let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
        world.force("UPDATE users SET role = 'seller' WHERE id IN (1, 3)");
        world.force(
            "INSERT INTO crm_access.delegation (delegator, delegate, starts_at, ends_at) VALUES ('1', '3', '-infinity', 'infinity')",
        );
        for call in ["delegate(3, now() + interval '1 day')", "end_delegation(1)", "act_on_behalf_of(1)"] {
            let error = refused(world.run("3", &format!("SELECT crm_access.{call}")), REFUSED);
            assert!(error.message.contains("permission denied"), "{error:?}");
            refused(world.assigns(&format!("SELECT crm_access.{call}")), "55000");
        }
        let mine = world.sees("3", IDS);
        assert_eq!(world.sees("3", &format!("SET LOCAL crm_access.on_behalf_of = '1'; {IDS}")), mine);
        DOCS.assert_nothing(&mut world, "5");
    }
}

#[test]
fn a_mistake_under_the_key_is_told_with_its_place() {
    for (written, words) in [
        ("delegation: {}", "missing-key: `delegation` names no role"),
        ("delegation: {roles: [seler]}", "unknown-role: "),
        ("delegation: {roles: all, days: 0}", "out-of-range: "),
        ("delegation: {roles: all, hours: 3}", "unknown-key: "),
    ] {
        let rest = format!("roles:\n  seller: {{grants: {{doc: {{read: own}}}}}}\n{written}\n{BY_COLUMN}");
        let text = Parts { rest: &rest, ..Parts::default() }.text();
        let mut found = Diagnostics::new();
        let source = Source::new("crm.yaml", &text);
        assert!(prepare(&source, Target::Extension, &mut found).is_none(), "{written}");
        let place = text.lines().position(|line| line.starts_with("delegation")).map(|line| line + 1);
        let told = found.iter().find(|one| format!("{}: {}", one.code.as_str(), one.message).starts_with(words));
        let told = told.unwrap_or_else(|| panic!("{written}: {found:?}"));
        assert_eq!(told.span.map(|span| source.position(span.start).0), place, "{written}");
    }
}

#[test]
fn a_cursor_that_was_opened_for_the_delegator_gives_nothing_more_when_the_delegate_is_themself_again() {
    let mut world = world(Target::Extension);
    delegate(&mut world, "1", "2, now() + interval '7 days'").unwrap();
    // Both are sellers, so that no plan is made anew.
    let fetch = "BEGIN; SELECT crm_access.act_as(2); SELECT crm_access.act_on_behalf_of(1); DECLARE c CURSOR FOR SELECT id FROM docs; FETCH 1 FROM c";
    world.backend.batch_execute(fetch).unwrap();
    let more =
        world.backend.simple_query("SELECT crm_access.act_on_behalf_of(NULL::integer); FETCH 1 FROM c").map(drop).map_err(Refused::from);
    refused(more, "40001");
    world.backend.batch_execute("ROLLBACK").unwrap();
}
