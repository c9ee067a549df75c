//! One processor for the benchmark and the server's process that it talks to: waking another one up takes longer than a short statement, and happens to one
//! variant and not to the next.

use postgres::Client;

use crate::failure::Result;

/// Binds this thread and the connection's process of the server to one processor, where the system lets it. Parallel workers stay free.
pub fn share(client: &mut Client) -> Result<()> {
    let pid: i32 = client.query_one("SELECT pg_catalog.pg_backend_pid()", &[])?.try_get(0)?;
    if let Err(reason) = bind(pid) {
        eprintln!("short statements may vary: the server's process {pid} can't be bound to a processor: {reason}");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn bind(pid: i32) -> std::result::Result<(), String> {
    use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

    let told = |error: rustix::io::Errno| error.to_string();
    let mine = sched_getaffinity(None).map_err(told)?;
    let first = (0..CpuSet::MAX_CPU).find(|at| mine.is_set(*at)).ok_or("no processor")?;
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(Some(Pid::from_raw(pid).ok_or("no process")?), &one).map_err(told)?;
    sched_setaffinity(None, &one).map_err(told)
}

#[cfg(not(target_os = "linux"))]
fn bind(_pid: i32) -> std::result::Result<(), String> {
    Err("only Linux is known here".to_owned())
}
