import Testing

/// All tests with other people's software, one after the other: each is a small network of its own and wants both cores.
@Suite(.serialized, .timeLimit(.minutes(10)))
enum Interop {}
