//! A13 for the portable target: signed identities that are forged, changed, replayed, or of another database.

use crm_access::program::Target;

use crate::attacker::{ALL, COMPANIES, LENAS, after, person};
use crate::support::{REFUSED, World, connect, first_column, refused, tables_only};
use crate::support::{applier, apply_as, project_file};

fn token(world: &mut World, user: &str, seconds: u32) -> String {
    first_column(world.backend.simple_query(&format!("SELECT crm_access.issue('{user}', {seconds})")).unwrap()).remove(0)
}

fn sees_with(client: &mut postgres::Client, token: &str) -> Vec<String> {
    after(client, &["BEGIN", &format!("SELECT set_config('app.user_token', '{token}', true)"), COMPANIES]).unwrap()
}

#[test]
fn a13_a_token_of_another_kind_or_without_a_signature_is_nobody() {
    let mut world = World::new("teamleader", Target::Portable);
    let good = token(&mut world, "2", 600);
    let expiry = good.split(':').nth(1).unwrap().to_owned();
    let client = &mut world.backend;
    assert_eq!(sees_with(client, &good), [ALL]);
    let empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for forged in [
        // {"alg":"none"} and {"alg":"HS256"} with {"sub":"2"}
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIyIn0.".to_owned(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIyIn0.AAAA".to_owned(),
        "{\"sub\": \"2\"}".to_owned(),
        "2".to_owned(),
        format!("32:{expiry}"),
        format!("32:{expiry}:{empty_hash}"),
        format!("32:{expiry}:{}", "0".repeat(64)),
        // Two halves of a good one in another order, and with another user, time or case.
        good.split(':').rev().collect::<Vec<_>>().join(":"),
        good.replacen("32:", "31:", 1),
        good.replacen("32:", "3232:", 1),
        good.replacen(&expiry, &format!("0{expiry}"), 1),
        good.replacen(&expiry, "999999999999", 1),
        format!(" {good}"),
        format!("{good}{good}"),
    ] {
        assert_eq!(sees_with(client, &forged), ["0"], "{forged}");
    }
}

#[test]
fn a13_a_token_signed_in_another_database_or_with_a_key_that_is_gone_is_nobody() {
    let mut world = World::new("teamleader", Target::Portable);
    let other = tables_only("teamleader", Target::Portable);
    apply_as(&other, applier(Target::Portable), Target::Portable, &project_file("examples/teamleader.yaml")).unwrap();
    let mut other = World::open(other, Target::Portable);
    let foreign = token(&mut other, "2", 600);
    assert_eq!(sees_with(&mut other.backend, &foreign), [ALL]);
    assert_eq!(sees_with(&mut world.backend, &foreign), ["0"]);
    let old = token(&mut world, "2", 600);
    world.own("INSERT INTO crm_access.identity_key (secret) VALUES (sha256(gen_random_uuid()::text::bytea))").unwrap();
    // Both keys count while both stand; then only the new one.
    let new = token(&mut world, "2", 600);
    assert_eq!(sees_with(&mut world.backend, &old), [ALL]);
    world.own("DELETE FROM crm_access.identity_key WHERE made_at < (SELECT max(made_at) FROM crm_access.identity_key)").unwrap();
    assert_eq!(sees_with(&mut world.backend, &old), ["0"]);
    assert_eq!(sees_with(&mut world.backend, &new), [ALL]);
}

/// What a signature can't do: it is good until it expires for whoever holds it. docs/security.md says so.
#[test]
fn a13_a_token_can_be_used_again_by_whoever_has_read_it_until_it_expires() {
    let mut world = World::new("teamleader", Target::Portable);
    let stolen = token(&mut world, "2", 600);
    let mut lena = person(&mut world, "3");
    assert_eq!(sees_with(&mut lena, &stolen), [ALL]);
    // So it has to stay secret: another login sees neither the statement that carries it nor the setting.
    let mut backend = connect(&world.database, "crm_backend");
    backend.batch_execute(&format!("BEGIN; SELECT set_config('app.user_token', '{stolen}', true)")).unwrap();
    let seen = after(&mut lena, &["SELECT query FROM pg_stat_activity WHERE usename = 'crm_backend'"]).unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|query| !query.contains(&stolen)), "{seen:?}");
    assert_eq!(after(&mut lena, &["SELECT coalesce(current_setting('app.user_token', true), '')"]).unwrap(), [""]);
    // A user who is no longer active has no use of one.
    world.force("UPDATE users SET is_active = false WHERE id = 2");
    assert_eq!(sees_with(&mut lena, &stolen), ["0"]);
}

#[test]
fn a13_a_function_beside_hmac_neither_forges_a_signature_nor_stops_one() {
    let mut world = World::new("teamleader", Target::Portable);
    // As in databases that were made before PostgreSQL 15, where everybody may create in public.
    assert_eq!(world.really("SELECT extname FROM pg_extension WHERE extname = 'pgcrypto'"), Vec::<String>::new(), "nothing of it is used");
    world.force("GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TABLE public.stolen (key text); GRANT ALL ON public.stolen TO PUBLIC");
    let good = token(&mut world, "2", 600);
    let mut lena = person(&mut world, "3");
    let body = "RETURNS bytea LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.stolen VALUES ($1::text); RETURN ''::bytea; END $$";
    for signature in [
        "hmac(bytea, bytea, text)",
        "sha256(bytea, text DEFAULT '')",
        "bit_send(anyelement)",
        "keyed_hash(bytea, bytea)",
        "hmac(bytea, bytea, varchar)",
        "hmac(bytea, bytea, name)",
        "hmac(bytea, bytea, \"char\")",
        "hmac(bytea, bytea, bpchar)",
        "hmac(bytea, bytea, int)",
        "hmac(bytea, bytea, anyelement)",
        "hmac(anyelement, anyelement, text)",
        "hmac(bytea, bytea, VARIADIC text[])",
        "hmac(bytea, bytea, text, text DEFAULT '')",
    ] {
        lena.batch_execute(&format!("CREATE FUNCTION public.{signature} {body}")).unwrap();
    }
    refused(after(&mut lena, &["CREATE FUNCTION pg_catalog.hmac(bytea, bytea, text) RETURNS bytea LANGUAGE sql AS 'SELECT $1'"]), REFUSED);
    assert_eq!(sees_with(&mut world.backend, &good), [ALL]);
    let fresh = token(&mut world, "3", 600);
    assert_eq!(sees_with(&mut connect(&world.database, "crm_backend"), &fresh), [LENAS]);
    assert_eq!(world.really("SELECT key FROM public.stolen"), Vec::<String>::new());
}

/// The test vectors of RFC 4231: an external issuer that holds the key signs alike.
#[test]
fn a13_the_signature_is_hmac_sha256() {
    let mut world = World::new("teamleader", Target::Portable);
    for (key, message, expected) in [
        ("\\x0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        ("Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            &format!("\\x{}", "aa".repeat(131)),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ] {
        let hash = format!("SELECT encode(crm_access.keyed_hash('{message}', '{key}'), 'hex')");
        assert_eq!(world.really(&hash), [expected]);
    }
    assert_eq!(world.really("SELECT octet_length(secret) FROM crm_access.identity_key"), ["32"]);
}
