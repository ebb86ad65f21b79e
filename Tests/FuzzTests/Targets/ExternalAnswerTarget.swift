import Metainfo
import PluginKit
import TestSupport

@testable import Plugins

/// What a program of the `external` plugin says.
struct ExternalAnswerTarget: FuzzTarget {
  static let name = "external-answer"
  static let maximumLength = 4096

  private static let artifact = PolicyFixtures.artifact()
  private static let longest = Duration.seconds(300)

  func run(_ input: [UInt8]) throws {
    _ = try? ExternalIncoming.read(ExternalIncoming.Head.self, from: input)
    _ = try? ExternalIncoming.read(ExternalIncoming.Hello.self, from: input)
    let now = PolicyFixtures.noon
    guard let reply = try? ExternalIncoming.read(ExternalIncoming.Reply.self, from: input),
      let answer = try? ExternalAnswer(
        reply, guards: ExternalOptions.known, artifact: Self.artifact, now: now, validFor: Self.longest)
    else { return }
    try promise(answer.until > now && answer.until <= now.after(Self.longest), "an answer that holds for too long, or not at all")
    try promise(Set(answer.verdicts.keys) == ExternalOptions.known, "a verdict is missing")
    for (operation, verdict) in answer.verdicts {
      try promise(verdict.reason.unicodeScalars.allSatisfy { $0.value >= 32 }, "a reason with control characters")
      try promise(operation == .request || verdict.scope == .everything, "a part of what has none")
      try promise(!verdict.isAllowed || !verdict.scope.isEmpty, "nothing is allowed, and that is called something")
    }
  }

  func seeds() throws -> [[UInt8]] {
    [
      #"{"type":"answer","id":1,"verdict":"allow","reason":"ok","rule":"r","valid_until":1795435260}"#,
      #"{"type":"answer","id":2,"verdicts":{"connect":{"verdict":"allow"},"request":{"verdict":"allow","files":["*.txt","secret/**"]}}}"#,
      #"{"type":"answer","id":3,"verdict":"deny","verdicts":{"request":{"verdict":"allow","pieces":[0,"1-3"],"reason":"\u001b"}}}"#,
      #"{"type":"hello","protocol":1,"operations":["connect"],"events":["on_authorized"],"name":"x"}"#,
    ].map { Array($0.utf8) }
  }
}
