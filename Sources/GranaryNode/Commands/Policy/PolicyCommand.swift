import ArgumentParser

struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Look at a policy before it is in force: what is wrong with it, what it says, whom it would let in and keep out.",
    subcommands: [PolicyLint.self, PolicyTest.self, PolicyReplay.self])
}
