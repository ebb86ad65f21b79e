import GranaryNode

/// A node whose pipeline may hold a plugin that misbehaves: the tests' own executable, made as a team makes one with plugins of its own.
@main
struct Main {
  static func main() async { await Granary.main(plugins: Granary.builtInPlugins + [ChaosPlugin.self]) }
}
