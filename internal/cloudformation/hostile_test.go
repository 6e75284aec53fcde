package cloudformation

// hostile has texts that would be references, other YAML or commands, were they taken for more than texts.
func hostile() Stack {
	s := everything("aws", "eu-central-1")
	return s
}
