using System.Text;

namespace Relay;

/// <summary>The environment variables <c>RELAY__SECTION__KEY</c> as a tree; segments are compared without case.</summary>
internal sealed class EnvironmentNode
{
    public const string Prefix = "RELAY__";
    private const string Separator = "__";

    private readonly SortedDictionary<string, EnvironmentNode> _children = new(StringComparer.OrdinalIgnoreCase);

    private EnvironmentNode(string variable) => Variable = variable;

    /// <summary>Full name of the variable, or of the first one below.</summary>
    public string Variable { get; }

    /// <summary>Null when only longer names are set.</summary>
    public string? Value { get; private set; }

    public IEnumerable<KeyValuePair<string, EnvironmentNode>> Children => _children;

    public static EnvironmentNode Read(IReadOnlyDictionary<string, string> environment)
    {
        var root = new EnvironmentNode(Prefix);
        foreach (var (name, value) in environment.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                var node = root;
                foreach (var segment in name[Prefix.Length..].Split(Separator))
                {
                    node = node.ChildFor(segment, name);
                }

                node.Value = value;
            }
        }

        return root;
    }

    public EnvironmentNode? Child(string segment) => _children.GetValueOrDefault(segment);

    /// <summary>A key or table name as a segment: what is no letter or digit becomes one _, and <c>*</c> is DEFAULT.</summary>
    public static string Segment(string name)
    {
        if (name == "*")
        {
            return "DEFAULT";
        }

        var segment = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                segment.Append(char.ToUpperInvariant(c));
            }
            else if (segment.Length == 0 || segment[^1] != '_')
            {
                segment.Append('_');
            }
        }

        return segment.ToString();
    }

    private EnvironmentNode ChildFor(string segment, string variable)
    {
        if (!_children.TryGetValue(segment, out var child))
        {
            child = new EnvironmentNode(variable);
            _children.Add(segment, child);
        }

        return child;
    }
}
