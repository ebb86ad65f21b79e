import Control

/// Shows what `why` says: the verdict, and the tree that it comes from.
enum WhyPrinter {
  static func lines(_ document: WhyDocument) -> [String] {
    let by = document.plugin.map { " by \($0)" } ?? ""
    var lines = ["\(document.verdict)\(by): \(escaped(document.reason))"]
    if let rule = document.rule { lines.append("rule  \(rule)") }
    if let place = document.place { lines.append("place \(place)") }
    let live = document.live.map { " (connected as number \($0))" } ?? ""
    lines.append(
      "\(escaped(document.peer))\(live) and \(escaped(document.artifact)), under policy generation \(document.policyGeneration):")
    return lines + tree(document.tree.map(branch))
  }

  /// A line with what is below it.
  private struct Branch {
    let line: String
    var below: [Branch] = []
  }

  private static func tree(_ branches: [Branch], _ indent: String = "") -> [String] {
    branches.indices.flatMap { index -> [String] in
      let isLast = index == branches.count - 1
      let below = tree(branches[index].below, indent + (isLast ? "   " : "│  "))
      return [indent + (isLast ? "└─ " : "├─ ") + branches[index].line] + below
    }
  }

  private static func branch(_ branch: WhyBranch) -> Branch {
    var below = branch.guards.map { Branch(line: line($0)) }
    if let note = branch.note { below.append(Branch(line: note)) }
    if let granted = branch.granted { below.append(grant(granted)) }
    return Branch(line: "\(branch.operation): \(branch.verdict)" + until(branch.validUntil), below: below)
  }

  private static func line(_ answer: WhyBranch.Answer) -> String {
    let source = [answer.rule, answer.place].compactMap { $0 }.joined(separator: " at ")
    return "\(answer.plugin) says \(answer.verdict)\(until(answer.validUntil)): \(escaped(answer.reason))"
      + (source.isEmpty ? "" : " (\(source))")
  }

  private static func until(_ time: String?) -> String { time.map { " until \($0)" } ?? "" }

  private static func grant(_ grant: WhyGrant) -> Branch {
    guard grant.grantedFiles < grant.files || grant.grantedPieces < grant.pieces else {
      return Branch(line: "granted: everything, \(ByteText.describe(grant.bytes))")
    }
    let line =
      "granted: \(grant.grantedFiles) of \(grant.files) files whole, \(grant.grantedPieces) of \(grant.pieces) pieces whole, "
      + "\(ByteText.describe(grant.grantedBytes)) of \(ByteText.describe(grant.bytes))"
    var below = grant.lacking.prefix(mostFiles).map { file in
      let part = file.grantedBytes == 0 ? "not granted" : "\(ByteText.describe(file.grantedBytes)) of \(ByteText.describe(file.bytes))"
      return Branch(line: "\(escaped(file.path)): \(part)")
    }
    let more = grant.files - grant.grantedFiles - below.count
    if more > 0 { below.append(Branch(line: "and \(more) more files that are not granted whole")) }
    return Branch(line: line, below: below)
  }

  private static let mostFiles = 10
}
