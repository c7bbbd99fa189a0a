//! The pseudo-random number generator of generated catalogues.

/// The generator `SplitMix64`: small, and with the same sequence on every machine.
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    /// Returns the next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 1 to `max`; small numbers are more frequent.
    pub fn skewed_up_to(&mut self, max: u32) -> u32 {
        let share = |number: u64| u32::try_from(number % u64::from(max.max(1))).unwrap_or(0);
        let (a, b) = (share(self.next()), share(self.next()));
        a.min(b).saturating_add(1)
    }

    /// Returns a uniformly distributed number from `min` to `max`.
    pub fn in_range(&mut self, min: u32, max: u32) -> u32 {
        let span = u64::from(max.saturating_sub(min)).saturating_add(1);
        min.saturating_add(u32::try_from(self.next() % span).unwrap_or(0))
    }

    /// Whether an event with a probability of 1 in `n` occurs.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    /// Returns one of the words.
    pub fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.next() % u64::try_from(words.len().max(1)).unwrap_or(1))
            .unwrap_or(0);
        words.get(index).copied().unwrap_or_default()
    }

    /// Returns one to `max` of the words, without repetition.
    pub fn some_of<'a>(&mut self, words: &[&'a str], max: u32) -> Vec<&'a str> {
        let mut picked: Vec<&str> = (0..self.in_range(1, max)).map(|_| self.pick(words)).collect();
        picked.sort_unstable();
        picked.dedup();
        picked
    }
}
