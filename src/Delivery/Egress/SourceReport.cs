namespace Relay.Delivery;

/// <summary>Every source with its state and the last check of its names, for operators.</summary>
internal sealed class SourceReport(EgressPools pools, SourceMonitor monitor, ReverseNameService names)
{
    public IReadOnlyList<SourceStatus> Snapshot() => [.. pools.Sources.Select(Describe)];

    private SourceStatus Describe(EgressSource source)
    {
        var state = monitor.StateOf(source);
        return new SourceStatus(source.Name, source.AddressTexts, source.EhloName, state.Reason, state.Until, names.FindingsOf(source));
    }
}
