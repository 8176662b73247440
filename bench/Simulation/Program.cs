using Relay.Bench.Simulation;

if (args is ["help" or "--help"])
{
    Console.WriteLine(SimulationOptions.Usage);
    return 0;
}

SimulationOptions options;
try
{
    options = SimulationOptions.Parse(args);
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    await Console.Error.WriteLineAsync(SimulationOptions.Usage);
    return 64;
}

var started = TimeProvider.System.GetTimestamp();
var result = new Simulation(options).Run();
result.Print(Console.Out);
Console.WriteLine(FormattableString.Invariant($"simulated in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F0} s, {result.Events:N0} events"));
return result.Violations == 0 ? 0 : 1;
