using System.Reflection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>A log line is found by its event id, whoever wrote it.</summary>
public sealed class LogEventTests
{
    private const BindingFlags Everything = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [Fact]
    public void Every_log_text_has_an_event_id_of_its_own()
    {
        var texts = Assemblies().SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(Everything).Select(method => (Text: $"{type.Name}.{method.Name}", Log: method.GetCustomAttribute<LoggerMessageAttribute>())))
            .Where(entry => entry.Log is not null)
            .ToList();

        Assert.True(texts.Count > 100, $"only {texts.Count} log texts were found");
        Assert.Empty(texts.GroupBy(entry => entry.Log!.EventId).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(entry => entry.Text))}"));
    }

    private static IEnumerable<Assembly> Assemblies() =>
        Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Select(Path.GetFileName)
            .Where(name => name is "relay.dll" || (name!.StartsWith("Relay.", StringComparison.Ordinal) && !name.Contains("Tests", StringComparison.Ordinal)))
            .Select(name => Assembly.Load(Path.GetFileNameWithoutExtension(name)!));
}
