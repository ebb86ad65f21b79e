/// Bytes of a rate that were taken ahead, so that the account is not asked for each block.
struct RateHolding {
  let rate: Int64
  let key: String
  private var free: Int64 = 0

  init(rate: Int64, key: String) {
    (self.rate, self.key) = (rate, key)
  }

  /// Takes bytes; nil where they were there, else how long to wait.
  mutating func take(_ length: Int64, _ book: QuotaBook) -> Duration? {
    if free < length {
      let portion = max(length, min(rate / 100, 1 << 20))
      if let wait = book.take(key, portion, rate: rate) { return wait }
      free += portion
    }
    free -= length
    return nil
  }

  /// Bytes that were taken and not sent; at most a second's worth is kept, or one block.
  mutating func giveBack(_ length: Int64) { free = min(free + length, max(rate, length)) }
}
