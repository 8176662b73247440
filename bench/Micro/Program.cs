using System.Net;
using BenchmarkDotNet.Running;
using Relay.Bench.Micro;

if (args is [DiscardingDoor.Command, var smtp, var metrics])
{
    await DiscardingDoor.RunAsync(IPEndPoint.Parse(smtp), IPEndPoint.Parse(metrics));
    return;
}

if (args is [PackageDoor.Command, var packageSmtp, var packageMetrics])
{
    await PackageDoor.RunAsync(IPEndPoint.Parse(packageSmtp), IPEndPoint.Parse(packageMetrics));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
