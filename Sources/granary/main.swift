import GranaryNode

await Granary.main(plugins: Granary.builtInPlugins)
