//! What the operating system says of this process.

use std::time::{Duration, Instant};

use procfs::process::Process;

fn myself() -> Process {
    Process::myself().expect("/proc/self")
}

/// The processor time that all threads of this process have used, to 10 ms.
pub fn cpu() -> Duration {
    let stat = myself().stat().expect("/proc/self/stat");
    let ticks = stat.utime + stat.stime;
    Duration::from_millis(ticks * 1_000 / procfs::ticks_per_second())
}

/// The processor time of the threads that there are now, to the nanosecond.
pub fn cpu_exactly() -> Duration {
    let nanos = tasks().filter_map(|task| Some(task.schedstat().ok()?.sum_exec_runtime));
    Duration::from_nanos(nanos.sum())
}

/// How often the threads that there are now have gone to sleep.
pub fn voluntary_switches() -> u64 {
    tasks()
        .filter_map(|task| task.status().ok()?.voluntary_ctxt_switches)
        .sum()
}

fn tasks() -> impl Iterator<Item = procfs::process::Task> {
    let tasks = myself().tasks().expect("/proc/self/task");
    tasks.filter_map(Result::ok)
}

/// The memory that this process has now, in bytes.
pub fn memory() -> u64 {
    let status = myself().status().expect("/proc/self/status");
    status.vmrss.unwrap_or(0) * 1024
}

/// The most memory that this process has had, in bytes.
pub fn peak_memory() -> u64 {
    let status = myself().status().expect("/proc/self/status");
    status.vmhwm.unwrap_or(0) * 1024
}

/// How many threads this process has.
pub fn threads() -> u64 {
    myself().status().expect("/proc/self/status").threads
}

/// Returns once this process has hardly worked for a while: whatever it fetched in the background is there.
pub async fn quiet() {
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut since = Instant::now();
    let mut then = cpu();
    while since.elapsed() < Duration::from_millis(400) {
        assert!(
            Instant::now() < deadline,
            "this process never comes to rest"
        );
        tokio::time::sleep(Duration::from_millis(40)).await;
        let now = cpu();
        // A tick is what an idle client may use.
        if now.saturating_sub(then) > Duration::from_millis(10) {
            (since, then) = (Instant::now(), now);
        }
    }
}
