using Relay.Bench.Load;

if (args.Length == 0 || args[0] is "help" or "--help")
{
    Console.WriteLine(LoadOptions.Usage);
    return 0;
}

LoadOptions options;
try
{
    options = LoadOptions.Parse(args);
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    await Console.Error.WriteLineAsync(LoadOptions.Usage);
    return 64;
}

if (!options.IsInside)
{
    return await PrivateNetwork.RunInsideAsync(args);
}

return options.Scenario switch
{
    Scenario.EndToEnd => await EndToEndScenario.RunAsync(options),
    Scenario.Reception => await ReceptionScenario.RunAsync(options),
    Scenario.Accept => await AcceptScenario.RunAsync(options),
    Scenario.Campaign => await CampaignScenario.RunAsync(options),
    Scenario.Backlog => await BacklogScenario.RunAsync(options),
    Scenario.LargeQueue => await LargeQueueScenario.RunAsync(options),
    Scenario.Webhooks => await WebhookScenario.RunAsync(options),
    Scenario.Deferred => await DeferredScenario.RunAsync(options),
    _ => 64,
};
