import Foundation
import Testing

/// The longest that a test may take; of the long ones, one runs for half an hour.
private let minutes = ProcessInfo.processInfo.environment["GRANARY_SOAK"] == "1" ? 90 : 10

/// All tests with other people's software, one after the other: each is a small network of its own and wants both cores.
@Suite(.serialized, .timeLimit(.minutes(minutes)))
enum Interop {}
