namespace Relay.Platform.Templates;

/// <summary>Compiles one template at a time: a burst of new ones must not take every core from the mail.</summary>
internal sealed class TemplateCompiler : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The compiled template, or what is wrong with its parts.</summary>
    public async ValueTask<(CompiledTemplate? Template, IReadOnlyList<(string Part, TemplateProblem Problem)> Problems)> CompileAsync(
        TemplateContent content, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(
                () =>
                {
                    var template = CompiledTemplate.Compile(content, out var problems);
                    return (template, problems);
                },
                cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
