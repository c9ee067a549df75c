//! Rules B12 and T19 together: rights that count over one channel alone, and who may change them.

use crate::bitrix_rights::calls;
use crate::support::{REFUSED, TARGETS, World, applier, apply_as, connect, project_file, refused};
use crm_access::program::Target;

const CHANNELS: [&str; 3] = ["crm_backend", "crm_addin", "crm_tracker"];
const GRANTS: &str = "  administrator:\n    grants: {\"*\": all}\n";

/// Teamleader, whose administrators give and take everything. Over the tracker they have the role `blind_mail`, as everybody has, under which the
/// restriction `only_visible_contacts` rests.
fn text() -> String {
    let administers = "    administers: {assign: all, revoke: all, restrict: all, unrestrict: all, list: true}\n";
    let text = project_file("examples/teamleader.yaml");
    assert!(text.contains(GRANTS));
    text.replace(GRANTS, &format!("{GRANTS}{administers}"))
}

fn world(target: Target) -> World {
    World::with("teamleader", target, &text())
}

#[test]
fn b12_nobody_lifts_a_restriction_of_another_channel_from_themselves() {
    for target in TARGETS {
        let mut world = world(target);
        for channel in CHANNELS {
            world.backend = connect(&world.database, channel);
            for call in
                ["assign('blind_mail', 'user', '1')", "assign('blind_mail', 'channel', 'mail_addin')", "assign('blind_mail', 'everyone')"]
            {
                let error = refused(calls(&mut world, "1", &format!("crm_access.{call}")), REFUSED);
                assert_eq!(error.message, "user 1 would lift the restriction 'only_visible_contacts' from themselves", "{channel}: {call}");
            }
            // Somebody else's is another matter.
            calls(&mut world, "1", "crm_access.assign('blind_mail', 'user', '3')").unwrap();
            assert_eq!(calls(&mut world, "1", "crm_access.revoke('blind_mail', 'user', '3')").unwrap(), ["t"]);
        }
        assert_eq!(world.really("SELECT count(*) FROM crm_access.assignment"), ["0"]);
    }
}

#[test]
fn b12_what_narrows_a_whole_channel_narrows_whoever_would_take_it_away() {
    for target in TARGETS {
        let mut world = world(target);
        let deals = |world: &mut World| world.count("1", "deals");
        let all = deals(&mut world);
        calls(&mut world, "1", "crm_access.restrict('limited_deal_access', 'channel', 'mail_tracker')").unwrap();
        assert_eq!(deals(&mut world), all, "over another channel");
        for channel in CHANNELS {
            world.backend = connect(&world.database, channel);
            for call in [
                "unrestrict('limited_deal_access', 'channel', 'mail_tracker')",
                "restrict('limited_deal_access', 'channel', 'mail_tracker', ends_at => now() + interval '1 second')",
            ] {
                let error = refused(calls(&mut world, "1", &format!("crm_access.{call}")), REFUSED);
                assert_eq!(error.message, "nobody takes a restriction from themselves, and 'limited_deal_access' reaches user 1", "{call}");
            }
        }
        assert!(deals(&mut world) < all, "over that channel");
        world.assigns("SELECT crm_access.unrestrict('limited_deal_access', 'channel', 'mail_tracker')").unwrap();
        assert_eq!(deals(&mut world), all);
    }
}

#[test]
fn t19_lists_of_rights_and_permissions_know_channels() {
    for target in TARGETS {
        let mut world = world(target);
        world.assigns("SELECT crm_access.assign('intern', 'channel', 'mail_addin')").unwrap();
        // Noah has no role of his own.
        let listed = "SELECT concat_ws(' ', a.name, a.subject, nullif(a.subject_key, ''), a.source) FROM crm_access.assignments('9') AS a";
        let expected = [
            "only_visible_contacts everyone configuration",
            "blind_mail everyone configuration, over channel mail_tracker",
            "intern channel mail_addin stored",
        ];
        let mut seen = world.sees("1", listed);
        seen.sort();
        let mut sorted = expected.map(str::to_owned);
        sorted.sort();
        assert_eq!(seen, sorted);
        let may = "SELECT concat_ws(' ', entity, action) FROM crm_access.permissions() WHERE entity IN ('company', 'invoice')";
        for (channel, expected) in [("crm_backend", vec![]), ("crm_addin", vec!["company read"]), ("crm_tracker", vec![])] {
            world.backend = connect(&world.database, channel);
            assert_eq!(world.sees("9", may), expected, "{channel}");
        }
    }
}

#[test]
fn t19_a_restriction_of_a_channel_is_not_lost_with_the_channel() {
    for target in TARGETS {
        let mut world = world(target);
        world.assigns("SELECT crm_access.restrict('limited_deal_access', 'channel', 'mail_addin')").unwrap();
        let renamed = text().replace("    mail_addin: crm_addin\n", "    addin: crm_addin\n");
        assert_ne!(renamed, text());
        let error = apply_as(&world.database, applier(target), target, &renamed).unwrap_err();
        assert_eq!(error.message, "the stored restriction \"limited_deal_access\" of channel mail_addin would no longer hold");
        world.assigns("SELECT crm_access.unrestrict('limited_deal_access', 'channel', 'mail_addin')").unwrap();
        apply_as(&world.database, applier(target), target, &renamed).unwrap();
    }
}
