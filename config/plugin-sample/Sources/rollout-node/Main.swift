import GranaryNode
import Rollout

@main
struct Main {
  static func main() async { await Granary.main(plugins: Granary.builtInPlugins + [RolloutPlugin.self]) }
}
