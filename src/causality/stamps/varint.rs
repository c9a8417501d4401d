//! Numbers in as few bytes as they need: seven bits a byte (LEB128).

/// How many bytes a number takes.
#[inline]
pub const fn bytes(number: u64) -> u64 {
    (64 - (number | 1).leading_zeros() as u64).div_ceil(7)
}

/// How many bytes all of some numbers take.
pub fn bytes_of(numbers: &[u32]) -> u64 {
    numbers.iter().map(|&number| bytes(number.into())).sum()
}

/// How many bytes a time in nanoseconds takes; one before 0 has all ten.
#[inline]
pub const fn bytes_of_time(time: i64) -> u64 {
    bytes(time as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bits_a_byte() {
        for (number, expected) in [(0, 1), (1, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3)] {
            assert_eq!(bytes(number), expected, "{number}");
        }
        assert_eq!(bytes(u64::MAX), 10);
        assert_eq!(bytes_of_time(-1), 10);
        assert_eq!(bytes_of_time(1_700_000_000_000_000_000), 9);
    }
}
