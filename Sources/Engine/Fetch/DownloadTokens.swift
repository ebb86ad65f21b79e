import Metainfo
import Synchronization

/// The node's limit on what it asks for, in bytes a second. Tokens are taken when a block is asked for: what has been asked for comes.
final class DownloadTokens: Sendable {
  /// How much may be asked for now.
  enum Answer: Sendable, Hashable {
    case blocks(Int)
    /// Nothing before this moment.
    case wait(ContinuousClock.Instant)
  }

  private let bucket: Mutex<TokenBucket?>

  init(rate: Int64?, now: ContinuousClock.Instant) {
    bucket = Mutex(rate.map { TokenBucket(rate: $0, now: now) })
  }

  func set(rate: Int64?, now: ContinuousClock.Instant) {
    bucket.withLock { bucket in
      guard bucket?.rate != rate else { return }
      bucket = rate.map { TokenBucket(rate: $0, now: now) }
    }
  }

  /// Takes the tokens of so many blocks, or of fewer.
  func take(_ blocks: Int, now: ContinuousClock.Instant) -> Answer {
    bucket.withLock { bucket in
      guard var limited = bucket else { return .blocks(blocks) }
      defer { bucket = limited }
      let balance = limited.balance(now)
      guard balance >= 1 else { return .wait(limited.ready) }
      let count = min(blocks, max(1, Int(balance) / Block.standardLength))
      limited.charge(count * Block.standardLength, now: now)
      return .blocks(count)
    }
  }

  /// Tokens of blocks that were not asked for after all.
  func giveBack(_ blocks: Int, now: ContinuousClock.Instant) {
    guard blocks > 0 else { return }
    bucket.withLock { $0?.charge(-blocks * Block.standardLength, now: now) }
  }
}
