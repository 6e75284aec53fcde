package cloudformation

func readme(s *Stack, templates []*template, files []File) []byte { return nil }
