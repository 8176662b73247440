using System.Globalization;
using HandlebarsDotNet;

namespace Relay.Platform.Templates;

/// <summary>A template ready to be rendered, any number of times, from any thread.</summary>
/// <remarks>
/// Values are escaped for HTML in the HTML part only; <c>{{{name}}}</c> prints them as they are. Each part has an engine of its own:
/// engines remember every path they have seen, and this memory goes with the template.
/// </remarks>
internal sealed class CompiledTemplate
{
    /// <summary>Of one rendered part.</summary>
    public const int MaxOutputBytes = 5 * 1024 * 1024;

    private readonly TemplateContent _content;
    private readonly Part? _subject;
    private readonly Part? _html;
    private readonly Part? _text;

    private CompiledTemplate(TemplateContent content, Part? subject, Part? html, Part? text)
    {
        _content = content;
        _subject = subject;
        _html = html;
        _text = text;
    }

    /// <summary>Octets of source that are behind it.</summary>
    public long SourceLength => (_content.Subject?.Length ?? 0L) + (_content.Html?.Length ?? 0L) + (_content.Text?.Length ?? 0L);

    /// <param name="problems">Faults by part (<c>subject</c>, <c>html</c>, <c>text</c>); empty when it compiled.</param>
    public static CompiledTemplate? Compile(TemplateContent content, out IReadOnlyList<(string Part, TemplateProblem Problem)> problems)
    {
        var found = new List<(string, TemplateProblem)>();
        var template = new CompiledTemplate(
            content,
            CompilePart("subject", content.Subject, escapes: false, found),
            CompilePart("html", content.Html, escapes: true, found),
            CompilePart("text", content.Text, escapes: false, found));
        problems = found;
        return found.Count == 0 ? template : null;
    }

    public RenderResult Render(IReadOnlyDictionary<string, string> variables)
    {
        var values = Values(variables);
        if (_content.IsStrict && Missing(values) is { Count: > 0 } missing)
        {
            return Failed($"the template needs a value for {string.Join(", ", missing)}");
        }

        try
        {
            return new RenderResult
            {
                Subject = _subject is null ? null : OneLine(_subject.Render(values)),
                Html = _html?.Render(values),
                Text = _text?.Render(values),
            };
        }
        catch (OutputTooLargeException)
        {
            return Failed($"the rendered template is larger than {MaxOutputBytes} octets");
        }
#pragma warning disable CA1031 // Whatever the engine meets inside a template, one message fails and not its batch.
        catch (Exception trouble)
#pragma warning restore CA1031
        {
            return Failed($"the template cannot be rendered: {trouble.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static RenderResult Failed(string message) => new() { Fault = new RenderFault(RenderFaultKind.RenderingFailed, message) };

    private static Part? CompilePart(string name, string? source, bool escapes, List<(string, TemplateProblem)> problems)
    {
        if (source is null)
        {
            return null;
        }

        try
        {
            var outline = TemplateOutline.Read(source);
            return new Part(Compile(source, escapes), outline.Required);
        }
        catch (TemplateSyntaxException fault)
        {
            problems.Add((name, fault.Problem));
        }
        catch (HandlebarsException fault)
        {
            problems.Add((name, new TemplateProblem(0, fault.Message.ReplaceLineEndings(" "))));
        }
#pragma warning disable CA1031 // The engine answers some sources with whatever went wrong inside it; none of them is a template.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            problems.Add((name, new TemplateProblem(0, $"this is no template ({fault.Message.ReplaceLineEndings(" ")})")));
        }

        return null;
    }

    private static HandlebarsTemplate<TextWriter, object, object> Compile(string source, bool escapes)
    {
        var handlebars = Handlebars.Create(new HandlebarsConfiguration { NoEscape = !escapes, FormatProvider = CultureInfo.InvariantCulture });
        TemplateHelpers.Register(handlebars);
        using var reader = new StringReader(source);
        return handlebars.Compile(reader);
    }

    // A value stands before a default; what has neither is not there, so that {{#if}} sees it.
    private Dictionary<string, string> Values(IReadOnlyDictionary<string, string> variables)
    {
        var values = new Dictionary<string, string>(variables, StringComparer.Ordinal);
        foreach (var (name, value) in _content.Variables)
        {
            if (value is not null)
            {
                values.TryAdd(name, value);
            }
        }

        return values;
    }

    private List<string> Missing(Dictionary<string, string> values) =>
    [
        .. new[] { _subject, _html, _text }
            .SelectMany(part => part?.Required ?? [])
            .Where(name => !values.ContainsKey(name))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    // A value with a line end must not begin a header field of its own.
    private static string OneLine(string subject) =>
        string.Concat(subject.Select(c => char.IsControl(c) ? ' ' : c)).Trim();

    private sealed class Part(HandlebarsTemplate<TextWriter, object, object> template, IReadOnlyCollection<string> required)
    {
        public IReadOnlyCollection<string> Required => required;

        public string Render(Dictionary<string, string> values)
        {
            using var output = new BoundedTextWriter(MaxOutputBytes);
            template(output, values);
            return output.ToString();
        }
    }
}
