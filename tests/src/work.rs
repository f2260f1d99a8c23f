//! The work of handlers that take random, short times.

use std::time::Duration;

/// Takes a time that depends on `seed`: none, a few turns of the scheduler, or a few milliseconds.
pub async fn random_work(seed: u64) {
    // splitmix64, so that neighbouring seeds differ.
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    match mixed % 8 {
        0 | 1 => {}
        2 => tokio::time::sleep(Duration::from_millis(mixed >> 8 & 3)).await,
        turns => {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        }
    }
}
