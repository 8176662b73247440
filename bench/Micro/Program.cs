using System.Net;
using BenchmarkDotNet.Running;
using Relay.Bench.Micro;

if (args is [DiscardingDoor.Command, var smtp, var metrics])
{
    await DiscardingDoor.RunAsync(IPEndPoint.Parse(smtp), IPEndPoint.Parse(metrics));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
