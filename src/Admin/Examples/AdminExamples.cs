namespace Relay.Admin;

/// <summary>One example of everything the admin API reads and answers, made of the real types, so that none can name a field that is not there.</summary>
/// <remarks>All tell the same story: example.com sends by this server, and mail to example.net is deferred.</remarks>
internal static class AdminExamples
{
    public const string MessageId = "01m7z1ajp4f04a1y0943d1j8de";

    private static readonly IReadOnlyDictionary<Type, object> ByType = new[]
    {
        QueueExamples.All, MessageExamples.All, DestinationExamples.All, BounceExamples.All, SenderExamples.All, DomainExamples.All, OperationExamples.All,
    }.SelectMany(topic => topic).ToDictionary(example => example.GetType());

    public static DateTimeOffset At(int hour, int minute, int second = 0) => new(2030, 3, 4, hour, minute, second, TimeSpan.Zero);

    /// <summary>Null when there is none; a page has one entry.</summary>
    public static object? Find(Type type)
    {
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(Page<>))
        {
            return ByType.GetValueOrDefault(type);
        }

        var entry = type.GetGenericArguments()[0];
        if (Find(entry) is not { } example)
        {
            return null;
        }

        var entries = Array.CreateInstance(entry, 1);
        entries.SetValue(example, 0);
        return Activator.CreateInstance(type, entries, null);
    }
}
