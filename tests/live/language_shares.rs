//! Shares: one record opened to one subject, with a level, an end and a reason.

use crate::language::{BOXES, BY_COLUMN, DOCS, Parts, only};
use crate::support::{REFUSED, TARGETS, World, refused};
use crm_access::program::Target;

fn world(target: Target) -> World {
    let rest = format!(
        "roles:
  maker: {{grants: {{doc: {{read: all, update: own, delete: own, share: [own, shared(full)]}}, box: {{read: own, update: own, share: own}}}}}}
  taker:
    grants:
      doc: {{read: [created, shared], update: shared(update), delete: shared(full), share: shared(full)}}
      box: {{read: shared, update: shared(update)}}
restrictions:
  r: {{entities: {{doc: created}}, others: as_granted}}
{BY_COLUMN}"
    );
    let mut world = Parts { rest: &rest, ..Parts::default() }.world(target);
    only(&mut world, "2", "maker");
    world.force("UPDATE users SET role = 'taker' WHERE id IN (3, 4, 5, 6, 7, 11)");
    // Doc 1 is user 2's and so are others; doc 12 is not.
    assert_eq!(world.really("SELECT id FROM docs WHERE id IN (1, 13, 12) AND 2 IN (first_owner, second_owner) ORDER BY 1"), ["1", "13"]);
    world
}

fn share(world: &mut World, user: &str, arguments: &str) -> Result<(), crate::support::Refused> {
    world.run(user, &format!("SELECT crm_access.share({arguments})")).map(drop)
}

#[test]
fn a_shared_record_is_seen_by_the_subject_and_by_nobody_else() {
    for target in TARGETS {
        let mut world = world(target);
        DOCS.assert_rights(&mut world, "3", "coalesce(t.author = 3, false)", "false", "false");
        // Keys as numbers or as text, whichever the application has.
        share(&mut world, "2", "'doc', 1, 'user', 3, reason => 'vacation'").unwrap();
        DOCS.assert_rights(&mut world, "3", "coalesce(t.author = 3, false) OR t.id = 1", "false", "false");
        DOCS.assert_rights(&mut world, "4", "coalesce(t.author = 4, false)", "false", "false");
        assert_eq!(world.really("SELECT shared_by || ': ' || reason FROM crm_access.share"), ["2: vacation"]);
        // Team 1 is 2, 3 and its leader 8; department 4 has 4 and 10, below it none; everyone who has the scope at all.
        share(&mut world, "2", "'doc', 13, 'department', '4'").unwrap();
        DOCS.assert_rights(&mut world, "4", "coalesce(t.author = 4, false) OR t.id = 13", "false", "false");
        DOCS.assert_rights(&mut world, "5", "coalesce(t.author = 5, false)", "false", "false");
        share(&mut world, "2", "'doc', 13, 'everyone'").unwrap();
        DOCS.assert_rights(&mut world, "5", "coalesce(t.author = 5, false) OR t.id = 13", "false", "false");
        DOCS.assert_nothing(&mut world, "11");
        DOCS.assert_nothing(&mut world, "12");
        // Membership is live.
        world.force("DELETE FROM crm_access.share WHERE subject = 'everyone'; UPDATE users SET department = 5 WHERE id = 4");
        DOCS.assert_rights(&mut world, "4", "coalesce(t.author = 4, false)", "false", "false");
    }
}

#[test]
fn the_level_of_a_share_says_what_may_be_done() {
    for target in TARGETS {
        let mut world = world(target);
        for (level, update, delete) in [("read", "false", "false"), ("update", "t.id = 1", "false"), ("full", "t.id = 1", "t.id = 1")] {
            share(&mut world, "2", &format!("'doc', '1', 'user', '3', '{level}'")).unwrap();
            DOCS.assert_rights(&mut world, "3", "coalesce(t.author = 3, false) OR t.id = 1", update, delete);
        }
        assert_eq!(world.really("SELECT count(*) FROM crm_access.share"), ["1"], "shared again it is as said last");
        // A full share may be passed on, and only such a one.
        share(&mut world, "3", "'doc', '1', 'user', '4', 'update'").unwrap();
        refused(share(&mut world, "4", "'doc', '1', 'user', '5'"), REFUSED);
        // With owners in a join table.
        let box_of_2 = world.really("SELECT box FROM box_owners WHERE person = 2 ORDER BY 1 LIMIT 1").remove(0);
        share(&mut world, "2", &format!("'box', '{box_of_2}', 'user', '3', 'update'")).unwrap();
        BOXES.assert_rights(&mut world, "3", &format!("t.id = {box_of_2}"), &format!("t.id = {box_of_2}"), "false");
    }
}

#[test]
fn nobody_shares_what_they_may_not_or_more_than_they_may() {
    for target in TARGETS {
        let mut world = world(target);
        // Read but not shareable, not there at all, no key, another's level: one answer.
        let messages: Vec<String> =
            ["'doc', '12', 'user', '3'", "'doc', '999', 'user', '3'", "'doc', 'x', 'user', '3'", "'doc', NULL, 'user', '3'"]
                .iter()
                .map(|arguments| {
                    let refused = refused(share(&mut world, "2", arguments), REFUSED);
                    refused.message + &refused.detail
                })
                .collect();
        assert_eq!(messages.iter().filter(|message| **message != messages[0]).count(), 0, "{messages:?}");
        // Without delete there is no full share to give.
        let box_of_2 = world.really("SELECT box FROM box_owners WHERE person = 2 ORDER BY 1 LIMIT 1").remove(0);
        refused(share(&mut world, "2", &format!("'box', '{box_of_2}', 'user', '3', 'full'")), REFUSED);
        refused(share(&mut world, "5", "'doc', '1', 'user', '3'"), REFUSED);
        refused(share(&mut world, "11", "'doc', '1', 'user', '3'"), if target == Target::Extension { "28000" } else { REFUSED });
        refused(share(&mut world, "2", "'doc', '1', 'user', '999'"), "22023");
        refused(share(&mut world, "2", "'doc', '1', 'nobody', '1'"), "22023");
        refused(share(&mut world, "2", "'doc', '1', 'user', '3', 'all'"), "22023");
        refused(share(&mut world, "2", "'doc', '1', 'user', '3', 'read', now(), now()"), "22023");
        refused(
            world.run("2", "INSERT INTO crm_access.share (entity, record_key, subject, subject_key) VALUES ('doc', '12', 'user', '2')"),
            REFUSED,
        );
        assert_eq!(world.really("SELECT count(*) FROM crm_access.share"), ["0"]);
    }
}

#[test]
fn who_may_share_for_less_takes_nothing_back_of_what_others_gave() {
    for target in TARGETS {
        let mut world = world(target);
        world.force("UPDATE users SET role = 'maker' WHERE id = 4");
        share(&mut world, "2", "'doc', '1', 'user', '4', 'full'").unwrap();
        share(&mut world, "2", "'doc', '1', 'user', '3', 'full'").unwrap();
        // User 4 reads and shares the document, and can't update it.
        refused(share(&mut world, "4", "'doc', '1', 'user', '3', 'read'"), REFUSED);
        assert_eq!(world.really("SELECT level || shared_by FROM crm_access.share WHERE subject_key = '3'"), ["full2"]);
        share(&mut world, "4", "'doc', '1', 'user', '5', 'read'").unwrap();
        share(&mut world, "2", "'doc', '1', 'user', '5', 'update'").unwrap();
        refused(share(&mut world, "4", "'doc', '1', 'user', '5', 'read'"), REFUSED);
        share(&mut world, "2", "'doc', '1', 'user', '3', 'read'").unwrap();
        assert_eq!(world.really("SELECT level FROM crm_access.share WHERE subject_key = '3'"), ["read"]);
    }
}

#[test]
fn a_share_ends_at_its_time_with_its_owner_and_when_it_is_taken_back() {
    for target in TARGETS {
        let mut world = world(target);
        let base = "coalesce(t.author = 3, false)";
        share(&mut world, "2", "'doc', '1', 'user', '3', ends_at => clock_timestamp() - interval '1 second'").unwrap();
        share(&mut world, "2", "'doc', '13', 'user', '3', starts_at => now() + interval '1 hour'").unwrap();
        DOCS.assert_rights(&mut world, "3", base, "false", "false");
        share(&mut world, "2", "'doc', '1', 'user', '3', ends_at => now() + interval '1 hour'").unwrap();
        share(&mut world, "2", "'doc', '13', 'user', '3', keep => true").unwrap();
        DOCS.assert_rights(&mut world, "3", &format!("{base} OR t.id IN (1, 13)"), "false", "false");
        world.force("UPDATE docs SET first_owner = 9 WHERE id IN (1, 13)");
        DOCS.assert_rights(&mut world, "3", &format!("{base} OR t.id = 13"), "false", "false");
        // Who made it takes it back, even without the right to share it now; others don't.
        assert_eq!(world.sees("4", "SELECT crm_access.unshare('doc', '13', 'user', '3')"), ["f"]);
        world.run("2", "SELECT crm_access.unshare('doc', 13, 'user', 3)").unwrap();
        DOCS.assert_rights(&mut world, "3", base, "false", "false");
    }
}

#[test]
fn a_restriction_narrows_what_is_shared() {
    for target in TARGETS {
        let mut world = world(target);
        share(&mut world, "2", "'doc', '1', 'user', '3', 'full'").unwrap();
        world.force("SELECT crm_access.restrict('r', 'user', '3')");
        DOCS.assert_rights(&mut world, "3", "coalesce(t.author = 3, false)", "false", "false");
    }
}

#[test]
fn what_was_shared_is_no_more_when_the_configuration_is_removed_and_stays_stored() {
    for target in TARGETS {
        let mut world = world(target);
        share(&mut world, "2", "'doc', '1', 'user', '3'").unwrap();
        world.force("SELECT crm_access.remove()");
        assert_eq!(world.really("SELECT count(*) FROM crm_access.share"), ["1"]);
        assert!(world.really("SELECT to_regnamespace('crm_access_rules') IS NULL") == ["t"]);
    }
}
