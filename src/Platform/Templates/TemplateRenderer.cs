namespace Relay.Platform.Templates;

/// <summary>Renders stored templates.</summary>
/// <remarks>1. The number of the current version is read. 2. Its compiled form is in the cache, or the version is read and compiled. 3. It is rendered.</remarks>
internal sealed class TemplateRenderer(ITemplateStore store, TemplateCompiler compiler, TemplateCache cache) : ITemplateRenderer
{
    private static readonly RenderResult Unknown = new() { Fault = new RenderFault(RenderFaultKind.NotFound, "there is no template with this id") };

    public async ValueTask<RenderResult> RenderAsync(
        long accountId, string templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(templateId, "D", out var uid)
            || await store.CurrentVersionAsync(accountId, uid, cancellationToken) is not { } version)
        {
            return Unknown;
        }

        if (cache.Find(uid, version) is { } cached)
        {
            return cached.Render(variables);
        }

        if (await store.FindAsync(accountId, uid, cancellationToken) is not { } template)
        {
            return Unknown;
        }

        return await RenderAsync(template, variables, cancellationToken);
    }

    private async ValueTask<RenderResult> RenderAsync(
        Template template, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var (compiled, problems) = await compiler.CompileAsync(template.Content, cancellationToken);
        if (compiled is null)
        {
            // Accepted by an earlier version of this server with other rules.
            var (part, problem) = problems[0];
            return new RenderResult { Fault = new RenderFault(RenderFaultKind.RenderingFailed, $"{part}: {problem}") };
        }

        cache.Add(template.Uid, template.Version, compiled);
        return compiled.Render(variables);
    }
}
