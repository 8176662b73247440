using Relay.Mail;
using Relay.Toml;

namespace Relay;

/// <summary>Reads the texts that <c>bounce.language</c> names: English, German, or a file of the operator's.</summary>
/// <remarks>A file is held to the same strictness as relay.toml; what it leaves out is said in English.</remarks>
internal static class ReportTextsLoader
{
    private const string German = "de";
    private const int MaxFileBytes = 64 * 1024;

    private static readonly Dictionary<string, ReportPhrase> Keys =
        Enum.GetValues<ReportPhrase>().ToDictionary(phrase => KeySchema.SnakeCase(phrase.ToString()), StringComparer.Ordinal);

    private static ReportTexts? _german;

    public static ReportTexts Load(RelayOptions options, BindingContext context)
    {
        var said = options.Bounce.Language;
        if (said == ReportTexts.English.Language)
        {
            return ReportTexts.English;
        }

        if (said == German)
        {
            return _german ??= Read(ShippedGerman(), German, context.ForFile("built-in report texts"));
        }

        if (context.Files.TryRead(context.FullPath(said), MaxFileBytes, out var problem) is not { } content)
        {
            context.Fault("bounce.language", $"{TomlText.Quote(said)} {problem}", "allowed: \"en\", \"de\", or a file as docs/report-texts.md shows it");
            return ReportTexts.English;
        }

        return Read(content, said, context.ForFile(said));
    }

    private static ReportTexts Read(ReadOnlySpan<byte> content, string language, BindingContext context)
    {
        TomlTable document;
        try
        {
            document = TomlReader.Parse(content);
        }
        catch (TomlException e)
        {
            context.Fault(context.OriginAt(e.Position), string.Empty, $"column {e.Column}: {e.Message}", "the rest of the file was not read");
            return ReportTexts.English;
        }

        var texts = new Dictionary<ReportPhrase, string>();
        foreach (var entry in document.Entries)
        {
            if (Keys.TryGetValue(entry.Key, out var phrase) && entry.Value is TomlString text && ReportTexts.FaultOf(phrase, text.Value) is null)
            {
                texts.Add(phrase, text.Value);
            }
            else
            {
                context.Fault(context.OriginAt(entry.KeyPosition), entry.Key, Problem(entry), "allowed: the keys of docs/report-texts.md, each with a text that has the same places in braces");
            }
        }

        return ReportTexts.Of(language, texts);
    }

    private static string Problem(TomlEntry entry) =>
        !Keys.TryGetValue(entry.Key, out var phrase) ? "this key is not known"
        : entry.Value is TomlString text ? ReportTexts.FaultOf(phrase, text.Value)!
        : $"is {entry.Value.Kind}, not a text";

    private static byte[] ShippedGerman()
    {
        const string ResourceName = "Relay.report-texts.de.toml";
        using var resource = typeof(ReportTextsLoader).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"{ResourceName} is not in the assembly");
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
