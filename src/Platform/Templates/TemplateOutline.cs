using System.Globalization;

namespace Relay.Platform.Templates;

/// <summary>Reads a template's source before the engine does: finds faults with their line, and what must be known to render it strictly.</summary>
/// <remarks>
/// The engine compiles to expression trees, reads files of partials, finds unknown helpers only when it meets them, and tells lines
/// for few faults. So its input is bounded and checked here: tags, depth, loops, the names of helpers and blocks; partials and
/// decorators do not exist. One loop inside another is refused: that bounds the work of a rendering by tags times variables, which no
/// clock has to watch.
/// </remarks>
internal sealed class TemplateOutline
{
    public const int MaxTags = 1000;
    public const int MaxDepth = 20;
    private const int MaxTagLength = 2000;

    private readonly string _source;
    private readonly Stack<Block> _open = new();
    private readonly HashSet<string> _required = new(StringComparer.Ordinal);
    private int _tags;
    private int _line = 1;
    private int _counted;

    private TemplateOutline(string source) => _source = source;

    /// <summary>Variables that are printed whatever the others are.</summary>
    public IReadOnlyCollection<string> Required => _required;

    /// <exception cref="TemplateSyntaxException">It is no template, or too much of one.</exception>
    public static TemplateOutline Read(string source)
    {
        var outline = new TemplateOutline(source);
        outline.ReadTags();
        return outline;
    }

    private void ReadTags()
    {
        for (var at = 0; (at = _source.IndexOf("{{", at, StringComparison.Ordinal)) >= 0;)
        {
            CountLines(at);
            if (IsEscaped(at))
            {
                at += 2;
                continue;
            }

            if (++_tags > MaxTags)
            {
                throw Problem($"there are more than {MaxTags} tags");
            }

            at = ReadTag(at);
        }

        if (_open.TryPeek(out var block))
        {
            _line = block.Line;
            throw Problem($"{{{{#{block.Name}}}}} is never closed");
        }
    }

    // \{{name}} prints {{name}}; \\{{name}} prints a backslash and the value.
    private bool IsEscaped(int at) => at > 0 && _source[at - 1] == '\\' && !(at > 1 && _source[at - 2] == '\\');

    private int ReadTag(int at)
    {
        var rest = _source.AsSpan(at);
        if (rest[2..].TrimStart('~') is ['!', .. var comment])
        {
            return at + CommentLength(rest, comment.StartsWith("--", StringComparison.Ordinal) ? "--}}" : "}}");
        }

        if (rest.StartsWith("{{{{", StringComparison.Ordinal))
        {
            throw Problem("raw blocks are not supported");
        }

        var isRaw = rest.StartsWith("{{{", StringComparison.Ordinal);
        var (opening, closing) = isRaw ? (3, "}}}") : (2, "}}");
        var length = LengthInside(rest[opening..], closing);
        ReadInside(rest.Slice(opening, length), isRaw);
        return at + opening + length + closing.Length;
    }

    private int CommentLength(ReadOnlySpan<char> tag, string closing) =>
        tag.IndexOf(closing, StringComparison.Ordinal) is >= 0 and var end ? end + closing.Length : throw Problem("a comment is never closed");

    // A quoted text may hold braces.
    private int LengthInside(ReadOnlySpan<char> text, ReadOnlySpan<char> closing)
    {
        var quote = '\0';
        for (var i = 0; i < text.Length && i <= MaxTagLength; i++)
        {
            if (quote == '\0' && text[i..].StartsWith(closing, StringComparison.Ordinal))
            {
                return i;
            }

            quote = text[i] switch
            {
                '"' or '\'' when quote == '\0' => text[i],
                var c when c == quote => '\0',
                _ => quote,
            };
        }

        throw Problem(text.Length > MaxTagLength ? $"a tag is not closed within {MaxTagLength} characters" : "a tag is not closed");
    }

    private void ReadInside(ReadOnlySpan<char> inside, bool isRaw)
    {
        inside = inside.Trim('~');
        if (inside.Trim().IsEmpty)
        {
            throw Problem("a tag is empty");
        }

        switch (inside[0])
        {
            case '#' when isRaw:
            case '/' when isRaw:
                throw Problem("blocks take two braces");
            case '#' when inside.Length > 1 && inside[1] is '*' or '>':
            case '>':
                throw Problem("partials are not supported: a template stands alone");
            case '*':
                throw Problem("decorators are not supported");
            case '&':
                throw Problem("write {{{name}}} for a value that is not to be escaped");
            case '#':
                Open(Words(inside[1..]), isInverse: false);
                break;
            case '^':
                Open(Words(inside[1..]), isInverse: true);
                break;
            case '/':
                Close(inside[1..].Trim().ToString());
                break;
            default:
                ReadExpression(Words(inside));
                break;
        }
    }

    private List<TemplateWord> Words(ReadOnlySpan<char> text)
    {
        try
        {
            return TemplateExpression.Parse(text);
        }
        catch (FormatException fault)
        {
            throw Problem(fault.Message);
        }
    }

    private void Open(List<TemplateWord> words, bool isInverse)
    {
        if (words is not [{ IsQuoted: false, Call: null } name, ..])
        {
            throw Problem(isInverse ? "write {{else}}" : "a block has no name");
        }

        var kind = isInverse ? "" : name.Text;
        var arguments = WithoutNames(words[1..]);
        switch (kind)
        {
            case "if" or "unless" or "with" or "each":
                Require(arguments.Count == 1, $"{{{{#{kind}}}}} takes one argument");
                break;
            default:
                Require(arguments.Count == 0, $"there is no block '{name.Text}': if, unless, each and with are known");
                break;
        }

        arguments.ForEach(argument => Use(argument, isPrinted: false));
        var isLoop = !isInverse && kind is not ("if" or "unless" or "with");
        Require(!isLoop || !_open.Any(block => block.IsLoop), "a loop inside a loop is not supported");
        Require(_open.Count < MaxDepth, $"blocks are nested deeper than {MaxDepth}");
        _open.Push(new Block(name.Text, _line, isLoop || kind == "with", isLoop) { Guards = [.. Guards(isLoop ? words : arguments)] });
    }

    // {{#each this as |value key|}}
    private static List<TemplateWord> WithoutNames(List<TemplateWord> arguments) =>
        arguments.FindIndex(word => word is { Text: "as", IsQuoted: false, Call: null }) is > 0 and var at ? arguments[..at] : arguments;

    private static IEnumerable<string> Guards(IEnumerable<TemplateWord> words) =>
        words.SelectMany(word => word.Call is { } call ? Guards(call.Skip(1)) : word.Variable is { } name ? [name] : Enumerable.Empty<string>());

    private void Close(string name)
    {
        if (!_open.TryPop(out var block))
        {
            throw Problem($"{{{{/{name}}}}} closes a block that was not opened");
        }

        Require(block.Name == name, string.Create(CultureInfo.InvariantCulture, $"{{{{/{name}}}}} closes {{{{#{block.Name}}}}} of line {block.Line}"));
    }

    private void ReadExpression(List<TemplateWord> words)
    {
        if (words[0] is { Text: "else", IsQuoted: false, Call: null })
        {
            Else(words);
            return;
        }

        Check(words, isPrinted: true);
    }

    private void Else(List<TemplateWord> words)
    {
        Require(_open.TryPeek(out var block), "{{else}} stands outside of every block");
        Require(!block!.HasElse, "a second {{else}}");
        if (words.Count == 1)
        {
            block.HasElse = true;
            return;
        }

        Require(block.Name is "if" or "unless" && words is [_, { Text: "if", IsQuoted: false }, _], "{{else if}} takes one argument and belongs to {{#if}}");
        Use(words[2], isPrinted: false);
        block.Guards.UnionWith(Guards([words[2]]));
    }

    // A name alone is a variable; a name with arguments, or in parentheses, is a helper.
    private void Check(List<TemplateWord> words, bool isPrinted)
    {
        Require(words.Count > 0, "parentheses are empty");
        if (words.Count == 1)
        {
            Use(words[0], isPrinted);
            return;
        }

        Call(words, isPrinted);
    }

    private void Call(IReadOnlyList<TemplateWord> words, bool isPrinted)
    {
        var name = words[0];
        Require(name is { IsQuoted: false, Call: null }, "a helper's name is missing");
        if (TemplateHelpers.Find(name.Text) is not { } helper)
        {
            throw Problem($"there is no helper '{name.Text}': {TemplateHelpers.Names} are known");
        }

        var count = words.Count - 1;
        Require(
            count >= helper.MinArguments && count <= helper.MaxArguments,
            string.Create(CultureInfo.InvariantCulture, $"{name.Text} takes {helper.MaxArguments} arguments, not {count}"));
        for (var i = 1; i < words.Count; i++)
        {
            Use(words[i], isPrinted && name.Text is not ("default" or "eq" or "ne" or "lookup"));
        }
    }

    private void Use(TemplateWord word, bool isPrinted)
    {
        if (word.Call is { } call)
        {
            Require(call.Count > 1, "a call in parentheses has no arguments");
            Call(call, isPrinted);
        }
        else if (isPrinted && word.Variable is { } name && !_open.Any(block => block.HasOwnContext || block.Guards.Contains(name)))
        {
            _required.Add(name);
        }
    }

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw Problem(problem);
        }
    }

    private TemplateSyntaxException Problem(string message) => new(new TemplateProblem(_line, message));

    private void CountLines(int at)
    {
        _line += _source.AsSpan(_counted, at - _counted).Count('\n');
        _counted = at;
    }

    private sealed record Block(string Name, int Line, bool HasOwnContext, bool IsLoop)
    {
        /// <summary>Variables that are looked at before the inside is printed: it may well be printed only with them.</summary>
        public required HashSet<string> Guards { get; init; }

        public bool HasElse { get; set; }
    }
}
