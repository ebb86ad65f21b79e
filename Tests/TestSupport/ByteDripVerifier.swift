import NIOCore

/// Proves that a decoder does not care how a stream is cut: the same bytes are fed whole, byte by byte, and in every split in two, and
/// must each time give the same outputs and the same failure.
package enum ByteDripVerifier {
  /// What a decoder made of a stream.
  package struct Outcome<Output: Equatable, Failure: Error & Equatable>: Equatable {
    /// What it gave, in order.
    package var outputs: [Output] = []
    /// What it ended with, if it failed.
    package var failure: Failure?
    /// Bytes that it left, where it did not fail.
    package var unread = 0
  }

  /// Two ways of feeding the same bytes gave different outcomes.
  package struct Mismatch: Error, CustomStringConvertible {
    /// How the bytes were cut, what came of it, and what came of the whole.
    package let description: String
  }

  /// The outcome that all ways of feeding agree on.
  /// - Throws: `Mismatch` where they do not.
  package static func outcome<Decoder, Output: Equatable, Failure: Error & Equatable>(
    of stream: [UInt8], decoder: Decoder, next: (inout Decoder, inout ByteBuffer) throws(Failure) -> Output?
  ) throws(Mismatch) -> Outcome<Output, Failure> {
    let whole = feed([stream[...]], to: decoder, next)
    try require(feed(stream.indices.map { stream[$0...$0] }, to: decoder, next), "byte by byte", equals: whole)
    for cut in stream.indices {
      try require(feed([stream[..<cut], stream[cut...]], to: decoder, next), "cut at \(cut)", equals: whole)
    }
    return whole
  }

  private static func feed<Decoder, Output: Equatable, Failure: Error & Equatable>(
    _ parts: [ArraySlice<UInt8>], to decoder: Decoder, _ next: (inout Decoder, inout ByteBuffer) throws(Failure) -> Output?
  ) -> Outcome<Output, Failure> {
    var (decoder, buffer, outcome) = (decoder, ByteBuffer(), Outcome<Output, Failure>())
    do throws(Failure) {
      for part in parts {
        buffer.writeBytes(part)
        while let output = try next(&decoder, &buffer) { outcome.outputs.append(output) }
      }
      outcome.unread = buffer.readableBytes
    } catch {
      outcome.failure = error
    }
    return outcome
  }

  private static func require<Output, Failure>(
    _ outcome: Outcome<Output, Failure>, _ how: String, equals whole: Outcome<Output, Failure>
  ) throws(Mismatch) {
    guard outcome == whole else { throw Mismatch(description: "fed \(how): \(outcome); fed whole: \(whole)") }
  }
}
